package gateway

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"time"

	"gangway/internal/policy"
)

// A Credential is a name that may call this gateway, what it may do, and its access key.
type Credential struct {
	CredentialOrigin
	AccessKey
	CreatedDate time.Time `json:"createdDate"`
	// Previous is the key before the present one, good until its expiration.
	Previous *AccessKey `json:"previous,omitempty"`
}

// CredentialOrigin is what a client may write of a [Credential] when it creates it.
type CredentialOrigin struct {
	// DurationSeconds is how long a key is good; 0: for ever.
	DurationSeconds int             `json:"durationSeconds,omitempty"`
	Name            string          `json:"name"`
	Policy          json.RawMessage `json:"policy"`
}

// AccessKey is what requests are signed with. A temporary one has a session token and an expiration.
type AccessKey struct {
	AccessKeyID     string    `json:"accessKeyId"`
	Expiration      time.Time `json:"expiration,omitzero"`
	SecretAccessKey string    `json:"secretAccessKey,omitempty"`
	SessionToken    string    `json:"sessionToken,omitempty"`
}

// NewAccessKey makes an access key: an id of 20 characters and a secret of 40, as AWS's are. Ids of temporary keys begin
// with GWAS, of others with GWAK.
func NewAccessKey(temporary bool) AccessKey {
	var random [112]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	name := base32.StdEncoding.EncodeToString(random[:10])
	key := AccessKey{AccessKeyID: "GWAK" + name, SecretAccessKey: base64.StdEncoding.EncodeToString(random[10:40])}
	if temporary {
		key.AccessKeyID = "GWAS" + name
		key.SessionToken = base64.StdEncoding.EncodeToString(random[40:])
	}
	return key
}

// Good says whether the key can be used at a time.
func (k *AccessKey) Good(now time.Time) bool {
	return k.Expiration.IsZero() || now.Before(k.Expiration)
}

// Settings is the part that a client may write: nothing.
func (c *Credential) Settings() any { return new(struct{}) }

// Origin is the part that a client may write once.
func (c *Credential) Origin() any { return &c.CredentialOrigin }

// Locate writes the part that is ours: the access key, if there is none yet.
func (c *Credential) Locate(key Key, now time.Time) {
	c.Name = key.ID()
	if c.CreatedDate.IsZero() {
		c.CreatedDate = date(now)
	}
	if c.AccessKeyID == "" {
		c.renew(now)
	}
}

// renew gives the credential another key.
func (c *Credential) renew(now time.Time) {
	c.AccessKey = NewAccessKey(c.DurationSeconds > 0)
	if c.DurationSeconds > 0 {
		c.Expiration = date(now.Add(time.Duration(c.DurationSeconds) * time.Second))
	}
}

// Rotate gives the credential another key. The present one stays good for a while, though not longer than it would
// have been; whatever was before it is no longer.
func (c *Credential) Rotate(now time.Time, grace time.Duration) {
	old := c.AccessKey
	end := date(now.Add(grace))
	if old.Expiration.IsZero() || end.Before(old.Expiration) {
		old.Expiration = end
	}
	c.Previous = nil
	if grace > 0 && old.Good(now) {
		c.Previous = &old
	}
	c.renew(now)
}

// Shown is the credential without its secrets.
func (c *Credential) Shown() Credential {
	shown := *c
	shown.SecretAccessKey, shown.SessionToken, shown.Previous = "", "", nil
	return shown
}

var credentialName = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,64}$`)

// maxDuration is a year: who wants more wants a key that does not end.
const maxDuration = 366 * 24 * 60 * 60

// CheckCredentialName says whether a credential may have a name: "IAM and AWS STS quotas" in the IAM user guide. The
// name root is that of the key that may do everything; . and .. are no part of a path that every client can send.
func CheckCredentialName(name string) error {
	return when(!credentialName.MatchString(name) || name == "root" || name == "." || name == "..",
		"Invalid credential name '%s'. Expected 1 to 64 characters of A-Za-z0-9+=,.@_-, and not root, . or ..", name)
}

// Validate implements [Object].
func (c *Credential) Validate() error {
	_, err := policy.Parse(c.Policy)
	return check(
		CheckCredentialName(c.Name),
		when(c.DurationSeconds < 0 || c.DurationSeconds > maxDuration,
			"Invalid value for durationSeconds: expected 0 (no end) to %d, got %d", maxDuration, c.DurationSeconds),
		when(len(c.Policy) == 0, "policy is required: an IAM policy document as a JSON object"),
		when(err != nil, "Invalid %v", err), // "policy: …"
	)
}

// References implements [Object].
func (c *Credential) References() []Key { return nil }
