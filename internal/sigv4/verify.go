package sigv4

import (
	"crypto/sha256"
	"hash"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultSkew is how far the clocks of client and server may be apart.
const DefaultSkew = 5 * time.Minute

// A Verifier checks requests to one service in one region. It may be used by many goroutines at once and must not be
// copied. The zero Verifier refuses everything.
type Verifier struct {
	Region, Service string

	// Keys finds an access key by its id. It must be safe for concurrent use. A key without a secret is no key.
	Keys func(id string) (Key, bool)

	Now  func() time.Time // nil means time.Now
	Skew time.Duration    // zero means DefaultSkew

	signers signers
	trials  sync.Pool        // of *trial, to be used again
	newHash func() hash.Hash // nil means sha256.New
}

// An Identity is who signed a request, and with what.
type Identity struct {
	AccessKeyID string
	Signature   string // 64 lower-case hex digits; equal for a replayed request
	SignedAt    time.Time
	Presigned   bool // the signature stood in the query
}

// Check does what Verify does before it needs the body: it finds requests that cannot pass, so that a server need not
// read (or, after Expect: 100-continue, invite) their bodies. A request that passes Check has proved nothing.
func (v *Verifier) Check(r *http.Request) error {
	t := v.begin()
	defer v.end(t)
	if err := v.read(t, r); err != nil {
		return err
	}
	key, known := v.lookup(t.keyID)
	if !known || !t.hasToken(key) {
		return unrecognized()
	}
	return nil
}

// Prove is Verify before the body is read, for a request that declares the hash of its body in x-amz-content-sha256, as some SDKs do.
// A nil Identity without an error: it does not, and has proved nothing yet. What is proved is who signed; whether the body is the one
// that was signed, only Verify knows.
func (v *Verifier) Prove(r *http.Request) (*Identity, error) {
	t := v.begin()
	defer v.end(t)
	if err := v.read(t, r); err != nil || len(t.declared) != 1 {
		return nil, err
	}
	t.payload = append(t.payload[:0], t.declared[0]...)
	return v.judge(t)
}

// Verify checks the signature of a request whose body has been read. The error, if any, is an *Error.
func (v *Verifier) Verify(r *http.Request, body []byte) (*Identity, error) {
	t := v.begin()
	defer v.end(t)
	if err := v.read(t, r); err != nil {
		return nil, err
	}
	t.payload = t.appendHex(t.payload[:0], body)
	return v.judge(t)
}

// judge compares the signature with the one that is right for a payload.
func (v *Verifier) judge(t *trial) (*Identity, error) {
	// All is computed before anything is decided, so that time does not tell an unknown key from a wrong signature.
	key, known := v.lookup(t.keyID)
	t.prepare()
	signer := v.signers.get(keyScope{key.Secret, t.day, t.region, t.service}, v.hash())
	matches := t.matches(signer, t.toSign) || t.matchesWithoutToken(signer)

	switch {
	case !known || !t.hasToken(key):
		return nil, unrecognized()
	case !t.payloadAgrees():
		return nil, invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
	case !matches:
		return nil, mismatch(t.canonical, t.toSign)
	case !key.Expires.IsZero() && !key.Expires.After(v.now()):
		return nil, expiredToken()
	}
	return &Identity{t.keyID, t.signature, t.at, t.presigned}, nil
}

// read takes the request apart and checks all that needs neither secret nor body.
func (v *Verifier) read(t *trial, r *http.Request) error {
	path, rawQuery := target(r)
	if !strings.HasPrefix(path, "/") {
		return badRequest("The request target must be a path.")
	}
	var ok bool
	if t.query, ok = parseQuery(t.query, rawQuery); !ok {
		return badRequest("The query string has an invalid escape.")
	}
	if err := t.find(r, t.query); err != nil {
		return err
	}
	if err := t.checkSigned(r); err != nil {
		return err
	}
	if err := v.checkScope(&t.claim); err != nil {
		return err
	}
	if err := v.checkTime(&t.claim); err != nil {
		return err
	}
	t.method, t.path, t.declared = r.Method, path, r.Header["X-Amz-Content-Sha256"]
	return t.checkPayload()
}

// mustSign is true of x-amz-* headers. All SDKs sign those they send; x-amz-cf-id is added after them, by CloudFront,
// and has no meaning to us. (X-Amzn-Trace-Id, which no SDK signs, has another prefix.)
func mustSign(name string) bool {
	const prefix = "x-amz-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) && !strings.EqualFold(name, "x-amz-cf-id")
}

// checkScope wants a signature made for this service, here, on the day of its date.
func (v *Verifier) checkScope(c *claim) error {
	switch {
	case v.Region == "" || c.region != v.Region:
		return invalid("Credential should be scoped to a valid region, not '%s'. Expected '%s'.", c.region, v.Region)
	case v.Service == "" || c.service != v.Service:
		return invalid("Credential should be scoped to correct service: '%s'.", v.Service)
	case c.end != terminator:
		return invalid("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, c.end)
	case c.day != c.date[:dayLength]:
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "+
			"'%s' != '%s', from '%s'.", c.day, c.date[:dayLength], c.date)
	}
	return nil
}

// checkTime compares whole seconds, since a signature knows no finer time.
func (v *Verifier) checkTime(c *claim) error {
	now := v.now().UTC().Truncate(time.Second)
	skew := v.Skew
	if skew <= 0 {
		skew = DefaultSkew
	}
	if c.at.After(now.Add(skew)) {
		return tooNew(c.at, now, skew)
	}
	life := skew
	if c.expires > 0 {
		life = c.expires
	}
	if c.at.Before(now.Add(-life)) {
		return tooOld(c.at, now, life)
	}
	return nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// lookup returns a key that cannot sign for an unknown id, so that the same work can be done with it.
func (v *Verifier) lookup(id string) (key Key, known bool) {
	if v.Keys != nil {
		key, known = v.Keys(id)
	}
	if !known || key.Secret == "" {
		return Key{Secret: "an unknown access key has no secret but takes as long"}, false
	}
	return key, true
}

func (v *Verifier) hash() func() hash.Hash {
	if v.newHash == nil {
		return sha256.New
	}
	return v.newHash
}

// begin takes a trial from those that are over.
func (v *Verifier) begin() *trial {
	if t, ok := v.trials.Get().(*trial); ok {
		return t
	}
	return &trial{digester: digester{hash: v.hash()()}}
}

// end gives a trial back. Nothing of the request stays in it but bytes that the next one overwrites.
func (v *Verifier) end(t *trial) {
	t.claim, t.method, t.path, t.declared = claim{}, "", "", nil
	clear(t.query)
	t.query = t.query[:0]
	v.trials.Put(t)
}
