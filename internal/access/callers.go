package access

import (
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/policy"
	"gangway/internal/sigv4"
)

// Callers are all who may call. They are safe for concurrent use; a reader takes no lock.
type Callers struct {
	account string
	root    holder
	book    atomic.Pointer[book] // never changes once it is here
}

// book has the holder of each access key id.
type book map[string]holder

// holder is an access key with who calls by it.
type holder struct {
	key    sigv4.Key
	caller *Caller // nil: the id is ambiguous
}

// New makes callers of whom only the root of an account is known. A root key without an id or a secret is nobody's.
func New(root sigv4.Key, account string) *Callers {
	arn := "arn:aws:iam::" + account + ":root"
	c := &Callers{account: account, root: holder{root, &Caller{ARN: arn, UserID: account, AccessKeyID: root.ID, root: true}}}
	c.Replace(nil)
	return c
}

// Replace makes these credentials, and the root key, all that there are. It takes effect at once and as a whole.
func (c *Callers) Replace(all []gateway.Credential) {
	next := book{}
	for i := range all {
		credential := &all[i]
		rules, _ := policy.Parse(credential.Policy) // nil: known, and may do nothing
		next.add(c.holder(credential, &credential.AccessKey, rules))
		if credential.Previous != nil {
			next.add(c.holder(credential, credential.Previous, rules))
		}
	}
	if c.root.key.ID != "" && c.root.key.Secret != "" {
		next[c.root.key.ID] = c.root // whoever else has this id
	}
	c.book.Store(&next)
}

func (c *Callers) holder(credential *gateway.Credential, key *gateway.AccessKey, rules *policy.Policy) holder {
	caller := &Caller{
		Name: credential.Name, ARN: "arn:aws:iam::" + c.account + ":user/" + credential.Name, UserID: credential.Name,
		AccessKeyID: key.AccessKeyID, policy: rules,
	}
	caller.facts = factsOf(caller, c.account)
	return holder{
		sigv4.Key{
			ID: key.AccessKeyID, Secret: key.SecretAccessKey, SessionToken: key.SessionToken, Expires: key.Expiration,
		},
		caller,
	}
}

// add enters a holder. An id that is there already is from then on ambiguous.
func (b book) add(h holder) {
	if h.key.ID == "" || h.key.Secret == "" {
		return // anybody could sign with it
	}
	if _, taken := b[h.key.ID]; taken {
		b[h.key.ID] = holder{}
		return
	}
	b[h.key.ID] = h
}

func (c *Callers) find(accessKeyID string) (holder, bool) {
	h, ok := (*c.book.Load())[accessKeyID]
	return h, ok && h.caller != nil
}

// Key is the access key of an id, as a [gangway/internal/sigv4.Verifier] asks for it.
func (c *Callers) Key(id string) (sigv4.Key, bool) {
	h, ok := c.find(id)
	return h.key, ok
}

// Caller is who calls by an access key. Who asks has verified a signature.
func (c *Callers) Caller(accessKeyID string) (*Caller, bool) {
	h, ok := c.find(accessKeyID)
	return h.caller, ok
}

// Identify is who calls by an access key, as $context.identity shows it; nil: nobody.
func (c *Callers) Identify(accessKeyID string) *gateway.Identity {
	caller, ok := c.Caller(accessKeyID)
	if !ok {
		return nil
	}
	return &gateway.Identity{
		AccessKey: accessKeyID, AccountID: c.account, Caller: caller.UserID, User: caller.UserID, UserARN: caller.ARN,
	}
}

// Authorize says whether who signed a request may do an action with a resource, as things stand now. Besides a [DeniedError]
// it returns an error of kind [gateway.ErrForbidden] for a key that nobody has any more.
func (c *Callers) Authorize(r *http.Request, accessKeyID, action, resource string) error {
	caller, ok := c.Caller(accessKeyID)
	if !ok {
		return gateway.Errorf(gateway.ErrForbidden, "The security token included in the request is invalid.")
	}
	if caller.root {
		return nil // without a look at the request
	}
	if !caller.asks() { // what nobody asks need not be found out
		return caller.judge(action, resource, nil)
	}
	facts := Facts(r, time.Now())
	maps.Copy(facts, caller.facts)
	return caller.judge(action, resource, facts)
}
