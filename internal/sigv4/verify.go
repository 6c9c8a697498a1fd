package sigv4

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
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

	cache keyCache
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
	c, _, err := v.read(r)
	if err != nil {
		return err
	}
	key, known := v.lookup(c.keyID)
	if !known || !c.hasToken(key) {
		return unrecognized()
	}
	return nil
}

// Verify checks the signature of a request whose body has been read. The error, if any, is an *Error.
func (v *Verifier) Verify(r *http.Request, body []byte) (*Identity, error) {
	c, request, err := v.read(r)
	if err != nil {
		return nil, err
	}
	// All is computed before anything is decided, so that time does not tell an unknown key from a wrong signature.
	key, known := v.lookup(c.keyID)
	request.payload = payloadHash(body)
	var canonicalBuf, toSignBuf [1024]byte
	canonical := request.append(canonicalBuf[:0])
	toSign := appendStringToSign(toSignBuf[:0], c.date, c.scope, canonical)
	signing := v.cache.get(key.Secret, c.day, c.region, c.service)
	matches := c.matches(signing, toSign) || c.matchesWithoutToken(request, signing)

	switch {
	case !known || !c.hasToken(key):
		return nil, unrecognized()
	case !payloadAgrees(r, request.payload):
		return nil, invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
	case !matches:
		return nil, mismatch(canonical, toSign)
	case !key.Expires.IsZero() && !key.Expires.After(v.now()):
		return nil, expiredToken()
	}
	return &Identity{c.keyID, c.signature, c.at, c.presigned}, nil
}

// read takes the request apart and checks all that needs neither secret nor body.
func (v *Verifier) read(r *http.Request) (c claim, request *canon, err error) {
	path, rawQuery := target(r)
	if !strings.HasPrefix(path, "/") {
		return c, nil, badRequest("The request target must be a path.")
	}
	query, ok := parseQuery(rawQuery)
	if !ok {
		return c, nil, badRequest("The query string has an invalid escape.")
	}
	if c, err = readClaim(r, query); err != nil {
		return c, nil, err
	}
	if err := checkSigned(r, c.signed); err != nil {
		return c, nil, err
	}
	if err := v.checkScope(&c); err != nil {
		return c, nil, err
	}
	if err := v.checkTime(&c); err != nil {
		return c, nil, err
	}
	if err := checkPayload(r); err != nil {
		return c, nil, err
	}
	if c.presigned {
		query = without(query, querySignature)
	}
	return c, &canon{request: r, path: path, query: query, signed: c.signed}, nil
}

// checkSigned wants the list of signed headers to be in canonical form, to name only headers that were sent, and
// to name Host and every x-amz-* header: else one could be added to a signed request.
func checkSigned(r *http.Request, signed string) error {
	last, amz, hasHost := "", 0, false
	for name := range strings.SplitSeq(signed, ";") {
		if name <= last || strings.ToLower(name) != name {
			return incomplete("'SignedHeaders' must be in lower case, sorted and without repetition, got '%s'", signed)
		}
		if !hasHeader(r, name) {
			return invalid("The signed header '%s' is not in the request.", name)
		}
		if mustSign(name) {
			amz++
		}
		hasHost = hasHost || name == "host"
		last = name
	}
	if !hasHost {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	// The names in the list are distinct and present: equal numbers mean that none is left out.
	for name := range r.Header {
		if mustSign(name) {
			amz--
		}
	}
	if amz != 0 {
		return invalid("There were headers present in the request which were not signed: each x-amz-* header must be.")
	}
	return nil
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

// checkPayload refuses the ways S3 has to leave the body out of the signature.
func checkPayload(r *http.Request) error {
	for _, value := range headerValues(r.Header, "x-amz-content-sha256") {
		if strings.HasPrefix(value, "UNSIGNED-") || strings.HasPrefix(value, "STREAMING-") {
			return invalid("The payload must be signed; 'x-amz-content-sha256: %s' is not supported.", value)
		}
	}
	return nil
}

// payloadAgrees compares the hash a client declares, if it does, with the hash of the body.
func payloadAgrees(r *http.Request, hash string) bool {
	values := headerValues(r.Header, "x-amz-content-sha256")
	return len(values) == 0 || len(values) == 1 && values[0] == hash
}

// hasToken wants the session token of a temporary key, and none with a permanent key.
func (c *claim) hasToken(key Key) bool {
	if key.SessionToken == "" || len(c.tokens) != 1 {
		return key.SessionToken == "" && len(c.tokens) == 0
	}
	return subtle.ConstantTimeCompare([]byte(c.tokens[0]), []byte(key.SessionToken)) == 1
}

// matches takes lower-case digits only, so that a signature has one spelling.
func (c *claim) matches(signing digest, toSign []byte) bool {
	want := sum(signing[:], string(toSign))
	got, err := hex.DecodeString(c.signature)
	return err == nil && hmac.Equal(got, want[:]) && strings.ToLower(c.signature) == c.signature
}

// matchesWithoutToken allows for signers that add the session token to the query after signing.
func (c *claim) matchesWithoutToken(request *canon, signing digest) bool {
	if !c.presigned || len(c.tokens) == 0 {
		return false
	}
	unsigned := *request
	unsigned.query = without(request.query, queryToken)
	return c.matches(signing, appendStringToSign(nil, c.date, c.scope, unsigned.append(nil)))
}
