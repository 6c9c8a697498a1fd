package authorizer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gangway/internal/gateway"
)

// JWTConfig says which tokens let a client in.
type JWTConfig struct {
	Issuer   string   // iss, exactly
	Audience []string // one of these is in aud, or is client_id where there is no aud; at least one
	Sources  []Source // see [CompileTokenSources]; the first at which there is anything counts
	// JWKSURI is where the keys of the issuer are; empty: where {issuer}/.well-known/openid-configuration says.
	JWKSURI    string
	Algorithms []string // empty: all of RS, PS and ES with 256, 384 and 512, and EdDSA; there are no others
	Scopes     []string // one of these is in scope or scp; empty: none is needed
	// Leeway is by how much clocks may differ, up to a minute; zero: not at all.
	Leeway time.Duration
}

// JWT lets in who has a token of an issuer. It is made by [NewJWT].
type JWT struct {
	cfg        JWTConfig
	algorithms []jose.SignatureAlgorithm
	keys       *keySet
	now        func() time.Time
}

// maxToken is the size of a token; a handshake has no room for much more.
const maxToken = 8 << 10

// maxLeeway is the most that clocks may differ.
const maxLeeway = time.Minute

// algorithms are those by which a public key verifies: never "none", nor any by which it would be the secret (RFC 8725
// sections 2.1 and 3.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// NewJWT makes an authorizer. It calls nobody: keys are fetched when the first client has come. Without key sets it lets nobody
// in.
func NewJWT(cfg JWTConfig, keys *KeySets) (*JWT, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	if keys == nil {
		keys = NewKeySets(nil, nil)
	}
	j := &JWT{cfg: cfg, algorithms: algorithms, now: keys.now}
	if len(cfg.Algorithms) > 0 {
		j.algorithms = nil
	}
	for _, name := range cfg.Algorithms {
		if !slices.Contains(algorithms, jose.SignatureAlgorithm(name)) {
			return nil, fmt.Errorf("authorizer: algorithm %q is none of %s", name, algorithms)
		}
		j.algorithms = append(j.algorithms, jose.SignatureAlgorithm(name))
	}
	from := origin{issuer: cfg.Issuer, uri: cfg.JWKSURI}
	if err := from.check(); err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	j.keys = keys.of(from)
	return j, nil
}

func (cfg *JWTConfig) validate() error {
	elsewhere := func(s Source) bool { return s.place != inHeader && s.place != inQuery && s.place != inSubprotocol }
	switch {
	case cfg.Issuer == "":
		return errors.New("an issuer is missing")
	case len(cfg.Audience) == 0 || slices.Contains(cfg.Audience, ""):
		return errors.New("an audience is missing: without one every token of the issuer would do")
	case len(cfg.Sources) == 0 || slices.ContainsFunc(cfg.Sources, elsewhere):
		return errors.New("a token can only be in a header field, a query parameter or a subprotocol")
	case slices.Contains(cfg.Scopes, ""):
		return errors.New("a scope is empty")
	case cfg.Leeway < 0 || cfg.Leeway > maxLeeway:
		return fmt.Errorf("the leeway %s is not between 0 and %s", cfg.Leeway, maxLeeway)
	default:
		return nil
	}
}

// Authorize implements [Authorizer]. Its errors are [*RefusalError]: of kind [gateway.ErrUnauthorized] if there is no good
// token, [gateway.ErrForbidden] if it has none of the scopes, and [gateway.ErrUnavailable] if the issuer's keys are not to be
// had.
func (j *JWT) Authorize(ctx context.Context, req *Request) (*Decision, error) {
	start := j.now()
	decision, refused := j.authorize(ctx, req)
	latency := j.now().Sub(start)
	if refused != nil {
		refused.Latency = latency
		return nil, refused
	}
	decision.Identity.Authorizer.Latency = latency
	return decision, nil
}

func (j *JWT) authorize(ctx context.Context, req *Request) (*Decision, *RefusalError) {
	if req == nil || req.Event == nil {
		return nil, failed(errors.New("there is nothing to look at"))
	}
	token, err := j.token(req.Event)
	if err != nil {
		return nil, unauthorized(err)
	}
	claims, refused := j.verify(ctx, token)
	if refused != nil {
		return nil, refused
	}
	expires, err := j.check(claims)
	if err != nil {
		return nil, unauthorized(err)
	}
	if !j.permits(claims) {
		return nil, forbidden("Forbidden", errors.New("the token has none of the scopes"))
	}
	who := &gateway.Authorization{}
	if who.PrincipalID, who.Context, err = claimed(claims); err != nil {
		return nil, unauthorized(err)
	}
	decision := &Decision{Identity: &gateway.Identity{Authorizer: who}, Expires: expires}
	for i := range j.cfg.Sources {
		decision.Hidden = append(decision.Hidden, j.cfg.Sources[i].offered(req.Event)...)
	}
	return decision, nil
}

// token is the one token that a client shows.
func (j *JWT) token(ev *gateway.Event) (string, error) {
	for i := range j.cfg.Sources {
		all := j.cfg.Sources[i].values(ev)
		switch {
		case len(all) > 1:
			return "", errors.New("there are several tokens in one place")
		case len(all) == 0 || all[0] == "":
			continue
		}
		const scheme = "Bearer " // RFC 6750 section 2.1; RFC 9110 section 11.1: its case does not matter
		token := all[0]
		if len(token) > len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
			token = strings.TrimLeft(token[len(scheme):], " ")
		}
		return token, nil
	}
	return "", errors.New("there is no token")
}

// compact is a JWS in compact form: RFC 7515 section 7.1.
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// isCompact says whether a text is a JWS in compact form, and the only one that means the same bytes: decoders of base64 forgive
// line breaks, and bits at the end that are not used.
func isCompact(token string) bool {
	if len(token) > maxToken || !compact.MatchString(token) {
		return false
	}
	for part := range strings.SplitSeq(token, ".") {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
	}
	return true
}

// verify has the claims of a token that the issuer has signed.
func (j *JWT) verify(ctx context.Context, token string) (map[string]json.RawMessage, *RefusalError) {
	if !isCompact(token) {
		return nil, unauthorized(errors.New("the token is no signed JWT"))
	}
	signed, err := jose.ParseSignedCompact(token, j.algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		// The library's errors repeat what the token has in it.
		return nil, unauthorized(errors.New("the token is no JWT that is signed by an algorithm of this authorizer"))
	}
	header := signed.Signatures[0].Protected
	if err := checkHeader(&header); err != nil {
		return nil, unauthorized(err)
	}
	keys, err := j.keys.find(ctx, header.KeyID)
	switch {
	case errors.Is(err, errUnknownKey):
		return nil, unauthorized(err)
	case err != nil:
		return nil, unavailable(err)
	}
	for _, key := range keys {
		if !key.fits(header.Algorithm) {
			continue
		}
		payload, err := signed.Verify(key.public)
		if err != nil {
			continue
		}
		claims, err := members(payload)
		if err != nil {
			return nil, unauthorized(fmt.Errorf("the claims of the token: %w", err))
		}
		return claims, nil
	}
	return nil, unauthorized(errors.New("the token is not signed by the key that it names"))
}

// checkHeader holds that a header asks for nothing that could not be done: RFC 7515 section 4.1.11 and RFC 7797 section 7.
func checkHeader(header *jose.Header) error {
	for _, name := range [...]jose.HeaderKey{"crit", "b64"} {
		if _, ok := header.ExtraHeaders[name]; ok {
			return fmt.Errorf("the token has a header parameter that is not supported: %s", name)
		}
	}
	if header.KeyID == "" {
		return errors.New("the token names no key: kid is missing")
	}
	typ, ok := header.ExtraHeaders[jose.HeaderType]
	if !ok {
		return nil
	}
	text, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(text), "application/") {
	case "jwt", "at+jwt": // RFC 7519 section 5.1, RFC 9068 section 2.1
		return nil
	default:
		return errors.New("the token is of another type (typ) than JWT and at+jwt")
	}
}
