package control

import (
	"encoding/json"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// credentials are the names that may call, besides the root key.
var credentials = &resource[gateway.Credential, *gateway.Credential]{
	noun:  "credential",
	quota: "credentials",
	id:    func(k *gateway.Credential) (string, error) { return k.Name, gateway.CheckCredentialName(k.Name) },
	exists: func(name string) error {
		return gateway.Errorf(gateway.ErrConflict, "There is a credential %s already", name)
	},
}

// credentialAnswer is a credential as it is shown; the secrets only to who has it made or rotated.
type credentialAnswer struct {
	Name            string          `json:"name"`
	ARN             string          `json:"arn"`
	AccessKeyID     string          `json:"accessKeyId"`
	SecretAccessKey string          `json:"secretAccessKey,omitempty"`
	SessionToken    string          `json:"sessionToken,omitempty"`
	Expiration      time.Time       `json:"expiration,omitzero"`
	Policy          json.RawMessage `json:"policy"`
	CreatedDate     time.Time       `json:"createdDate"`
}

func (c *call) showCredential(k *gateway.Credential, secrets bool) *credentialAnswer {
	shown := &credentialAnswer{
		Name: k.Name, ARN: "arn:aws:iam::" + c.Names.Account + ":user/" + k.Name, AccessKeyID: k.AccessKeyID,
		Expiration: k.Expiration, Policy: k.Policy, CreatedDate: k.CreatedDate,
	}
	if secrets {
		shown.SecretAccessKey, shown.SessionToken = k.SecretAccessKey, k.SessionToken
	}
	return shown
}

// createCredentials makes a name that may call, and shows its secrets, once.
func createCredentials(c *call) (any, error) {
	k := new(gateway.Credential)
	err := c.update(func(tx *cluster.Tx) error {
		*k = gateway.Credential{}
		if err := credentials.read(c, k); err != nil {
			return err
		}
		_, err := credentials.add(c, tx, c.key, k)
		return err
	})
	return c.showCredential(k, true), err
}

// rotation is what a client may say about a new key.
type rotation struct {
	GraceSeconds int `json:"graceSeconds"`
}

// maxGrace is how long an old key can stay good: 30 days, in seconds.
const maxGrace = 30 * 24 * 60 * 60

func rotationBody() []any { return []any{new(rotation)} }

// rotateCredentials gives a name a new key. The old one stays good for the grace that is asked for.
func rotateCredentials(c *call) (any, error) {
	var body rotation
	if err := decode(c.body, &body); err != nil {
		return nil, err
	}
	if body.GraceSeconds < 0 || body.GraceSeconds > maxGrace {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid value for graceSeconds: expected 0 to %d, got %d", maxGrace, body.GraceSeconds)
	}
	var rotated *gateway.Credential
	err := c.update(func(tx *cluster.Tx) (err error) {
		if err := c.exists(tx, c.key.Up()); err != nil {
			return err
		}
		rotated, err = credentials.change(c, tx, c.key.Up(), func(k *gateway.Credential) error {
			k.Rotate(c.Now(), time.Duration(body.GraceSeconds)*time.Second)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.showCredential(rotated, true), nil
}

// listCredentials are the names that may call, without their secrets.
func listCredentials(c *call) (any, error) {
	all, err := members[gateway.Credential](c.Objects, c.key)
	list := make([]any, len(all))
	for i := range all {
		list[i] = c.showCredential(&all[i].object, false)
	}
	return paginationV2.page(list, ""), err
}
