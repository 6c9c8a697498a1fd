package authorizer_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
)

var (
	outOfScope = outcome{http.StatusForbidden, gateway.ErrForbidden, "Forbidden", false}
	later      = outcome{http.StatusInternalServerError, gateway.ErrUnavailable, "Service Unavailable", false}
)

func all(t *testing.T) *issuer {
	t.Helper()
	return newIssuer(t, public("rsa"), public("short"), public("P-256"), public("P-384"), public("P-521"), public("ed"))
}

// try has what becomes of a token, whose text is in no error.
func try(t *testing.T, j *authorizer.JWT, token string) outcome {
	t.Helper()
	decision, err := j.Authorize(t.Context(), bearer(token))
	if err != nil && len(token) > 20 && (strings.Contains(err.Error(), token[len(token)-20:]) || strings.Contains(err.Error(), token[:20])) {
		t.Errorf("the error has the token: %v", err)
	}
	return outcomeOf(t, decision, err)
}

// TestAlgorithms: what is signed by a key of the issuer lets in, if the algorithm is one of the key: RFC 7518 section 3.
func TestAlgorithms(t *testing.T) {
	i := all(t)
	j, _ := alone(t, i, authorizer.JWTConfig{})
	for _, test := range []struct {
		algorithm jose.SignatureAlgorithm
		key       string
		want      outcome
	}{
		{jose.RS256, "rsa", connected},
		{jose.RS384, "rsa", connected},
		{jose.RS512, "rsa", connected},
		{jose.PS256, "rsa", connected},
		{jose.PS384, "rsa", connected},
		{jose.PS512, "rsa", connected},
		{jose.ES256, "P-256", connected},
		{jose.ES384, "P-384", connected},
		{jose.ES512, "P-521", connected},
		{jose.EdDSA, "ed", connected},
		{jose.RS256, "short", unknown},
		{jose.RS256, "other", unknown},
	} {
		token := sign(t, test.algorithm, test.key, good(i.URL), nil)
		if got := try(t, j, token); !equal(got, test.want) {
			t.Errorf("%s by %s: got %+v, want %+v", test.algorithm, test.key, got, test.want)
		}
	}
	narrow, _ := alone(t, i, authorizer.JWTConfig{Algorithms: []string{"ES256"}})
	if got := try(t, narrow, sign(t, jose.RS256, "rsa", good(i.URL), nil)); !equal(got, unknown) {
		t.Errorf("RS256 where ES256 is right: got %+v", got)
	}
	if got := try(t, narrow, sign(t, jose.ES256, "P-256", good(i.URL), nil)); !equal(got, connected) {
		t.Errorf("ES256: got %+v", got)
	}
}

// TestForged: what an attacker may send who has all public keys: RFC 8725 section 2.
func TestForged(t *testing.T) {
	i := all(t)
	j, _ := alone(t, i, authorizer.JWTConfig{})
	right := sign(t, jose.RS256, "rsa", good(i.URL), nil)
	parts := strings.Split(right, ".")
	payload, _ := json.Marshal(good(i.URL))
	evil, _ := json.Marshal(good(i.URL).with(claims{"sub": "root"}))
	der, err := x509.MarshalPKIXPublicKey(ring()["rsa"].Public())
	if err != nil {
		t.Fatal(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	asJWK, _ := json.Marshal(public("rsa"))
	kid := map[jose.HeaderKey]any{"kid": "rsa"}
	mine := jose.JSONWebKey{Key: ring()["other"], KeyID: "rsa"}
	own := jose.JSONWebKey{Key: ring()["other"].Public(), KeyID: "rsa"}
	es := strings.Split(sign(t, jose.ES256, "P-256", good(i.URL), nil), ".")
	attacks := map[string]string{
		"other claims":         parts[0] + "." + segment(string(evil)) + "." + parts[2],
		"none":                 segment(`{"alg":"none","kid":"rsa"}`) + "." + segment(string(payload)) + ".",
		"none with signature":  segment(`{"alg":"none","kid":"rsa"}`) + "." + segment(string(payload)) + "." + parts[2],
		"None":                 segment(`{"alg":"None","kid":"rsa"}`) + "." + segment(string(payload)) + "." + parts[2],
		"no algorithm":         segment(`{"kid":"rsa"}`) + "." + segment(string(payload)) + "." + parts[2],
		"two algorithms":       segment(`{"alg":"RS256","alg":"RS256","kid":"rsa"}`) + "." + parts[1] + "." + parts[2],
		"no signature":         parts[0] + "." + parts[1] + ".",
		"two parts":            parts[0] + "." + parts[1],
		"four parts":           right + ".x",
		"five parts":           right + ".x.y",
		"line break":           right[:len(right)-4] + "\n" + right[len(right)-4:],
		"padding":              right + "=",
		"JSON form":            `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"not the key":          signBy(t, jose.RS256, mine, good(i.URL), nil),
		"HS256, public as PEM": signBy(t, jose.HS256, asPEM, good(i.URL), kid),
		"HS256, public as DER": signBy(t, jose.HS256, der, good(i.URL), kid),
		"HS256, public as JWK": signBy(t, jose.HS256, asJWK, good(i.URL), kid),
		"kid of another key":   sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"kid": "P-256"}),
		"kid of no key":        sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"kid": "../rsa"}),
		"empty kid":            sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"kid": ""}),
		"no kid":               signBy(t, jose.RS256, ring()["rsa"], good(i.URL), nil),
		"kid that is a number": sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"kid": 7}),
		"own key, embedded":    signBy(t, jose.RS256, mine, good(i.URL), map[jose.HeaderKey]any{"jwk": own, "kid": "rsa"}),
		"own key, jku":         signBy(t, jose.RS256, mine, good(i.URL), map[jose.HeaderKey]any{"jku": i.URL + "/keys"}),
		"own key, x5u":         signBy(t, jose.RS256, mine, good(i.URL), map[jose.HeaderKey]any{"x5u": i.URL + "/keys"}),
		"crit":                 sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"crit": []string{"exp"}, "exp": 1}),
		"crit, empty":          sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"crit": []string{}}),
		"crit, b64":            sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"crit": []string{"b64"}, "b64": true}),
		"b64":                  sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"b64": true}),
		"a logout token":       sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"typ": "logout+jwt"}),
		"typ that is none":     sign(t, jose.RS256, "rsa", good(i.URL), map[jose.HeaderKey]any{"typ": 7}),
		"signature of ES256":   parts[0] + "." + parts[1] + "." + es[2],
		"ES256, zeros":         es[0] + "." + es[1] + "." + segment(strings.Repeat("\x00", 64)),
		"too long":             sign(t, jose.RS256, "rsa", good(i.URL).with(claims{"x": strings.Repeat("x", 8<<10)}), nil),
		"nothing":              "",
		"a word":               "token",
		"dots":                 "..",
	}
	for name, token := range attacks {
		if got := try(t, j, token); !equal(got, unknown) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	for name, header := range map[string]map[jose.HeaderKey]any{
		"jwk": {"jwk": own, "kid": "rsa"}, "jku": {"jku": "https://evil.example/keys"}, "x5u": {"x5u": "https://evil.example/"},
		"typ JWT": {"typ": "JWT"}, "typ at+jwt": {"typ": "application/at+JWT"}, "more": {"x": []int{1}},
	} {
		if got := try(t, j, sign(t, jose.RS256, "rsa", good(i.URL), header)); !equal(got, connected) {
			t.Errorf("a good token with %s: got %+v", name, got)
		}
	}
	if n := i.fetches.Load(); n > 2 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// TestDamaged: a token in which one character is another lets nobody in.
func TestDamaged(t *testing.T) {
	i := all(t)
	j, _ := alone(t, i, authorizer.JWTConfig{})
	right := sign(t, jose.EdDSA, "ed", good(i.URL), nil)
	for at := range right {
		for _, c := range "Aa-." {
			damaged := right[:at] + string(c) + right[at+1:]
			if damaged == right {
				continue
			}
			if decision, err := j.Authorize(t.Context(), bearer(damaged)); decision != nil || !errors.Is(err, gateway.ErrUnauthorized) && !errors.Is(err, gateway.ErrUnavailable) {
				t.Fatalf("%s: got %v, %v", damaged, decision, err)
			}
		}
	}
	if got := try(t, j, right); !equal(got, connected) {
		t.Errorf("got %+v", got)
	}
}

// TestClaims: "Control access to HTTP APIs with JWT authorizers" in the developer guide; RFC 7519 section 4.1.
func TestClaims(t *testing.T) {
	i := all(t)
	j, _ := alone(t, i, authorizer.JWTConfig{Audience: []string{"chat", "web"}})
	lenient, _ := alone(t, i, authorizer.JWTConfig{Leeway: time.Minute})
	scoped, _ := alone(t, i, authorizer.JWTConfig{Scopes: []string{"admin", "write"}})
	unix := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	base := good(i.URL)
	text := func(claims string) string { return strings.ReplaceAll(claims, "ISSUER", i.URL) }
	for _, test := range []struct {
		name    string
		j       *authorizer.JWT
		payload any
		want    outcome
	}{
		{"all is well", j, base, connected},
		{"another issuer", j, base.with(claims{"iss": i.URL + "/"}), unknown},
		{"no issuer", j, base.with(claims{"iss": nil}), unknown},
		{"issuers", j, base.with(claims{"iss": []string{i.URL}}), unknown},
		{"another audience", j, base.with(claims{"aud": "Chat"}), unknown},
		{"audiences", j, base.with(claims{"aud": []string{"x", "web"}}), connected},
		{"other audiences", j, base.with(claims{"aud": []string{"x", "y"}}), unknown},
		{"no audience", j, base.with(claims{"aud": nil}), unknown},
		{"empty audience", j, base.with(claims{"aud": []string{}}), unknown},
		{"odd audience", j, base.with(claims{"aud": []any{"chat", 7}}), unknown},
		{"client_id", j, base.with(claims{"aud": nil, "client_id": "web"}), connected},
		{"other client_id", j, base.with(claims{"aud": nil, "client_id": "x"}), unknown},
		{"client_id beside another audience", j, base.with(claims{"aud": "x", "client_id": "web"}), unknown},
		{"expired", j, base.with(claims{"exp": unix(0)}), unknown},
		{"about to expire", j, base.with(claims{"exp": unix(time.Second)}), connected},
		{"expired, with leeway", lenient, base.with(claims{"exp": unix(-59 * time.Second)}), connected},
		{"expired beyond leeway", lenient, base.with(claims{"exp": unix(-time.Minute)}), unknown},
		{"no exp", j, base.with(claims{"exp": nil}), unknown},
		{"exp as text", j, base.with(claims{"exp": "9999999999"}), unknown},
		{"exp far away", j, text(`{"iss":"ISSUER","aud":"chat","exp":1e300}`), unknown},
		{"exp in milliseconds", j, base.with(claims{"exp": noon.Add(time.Hour).UnixMilli()}), unknown},
		{"exp below zero", j, text(`{"iss":"ISSUER","aud":"chat","exp":-1}`), unknown},
		{"exp null", j, text(`{"iss":"ISSUER","aud":"chat","exp":null}`), unknown},
		{"exp with a fraction", j, text(`{"iss":"ISSUER","aud":"chat","exp":1767355201.9}`), connected},
		{"nbf to come", j, base.with(claims{"nbf": unix(time.Second)}), unknown},
		{"nbf to come, with leeway", lenient, base.with(claims{"nbf": unix(time.Minute)}), connected},
		{"nbf as text", j, base.with(claims{"nbf": "0"}), unknown},
		{"iat to come", j, base.with(claims{"iat": unix(time.Second)}), unknown},
		{"iat to come, with leeway", lenient, base.with(claims{"iat": unix(time.Minute)}), connected},
		{"neither nbf nor iat", j, base.with(claims{"iat": nil, "nbf": nil}), connected},
		{"no sub", j, base.with(claims{"sub": nil}), connected},
		{"odd sub", j, base.with(claims{"sub": 7}), unknown},
		{"sub with a line break", j, base.with(claims{"sub": "a\r\nb"}), unknown},
		{"odd claim", j, base.with(claims{"a\nb": 7}), unknown},
		{"claim twice", j, text(`{"iss":"ISSUER","aud":"chat","exp":1767398400,"sub":"anna","sub":"root"}`), unknown},
		{"claim twice below", j, text(`{"iss":"ISSUER","aud":"chat","exp":1767398400,"x":{"a":1,"a":2}}`), unknown},
		{"issuer twice", j, text(`{"iss":"x","iss":"ISSUER","aud":"chat","exp":1767398400}`), unknown},
		{"names in other case", j, text(`{"ISS":"ISSUER","AUD":"chat","EXP":1767398400}`), unknown},
		{"a list", j, `[]`, unknown},
		{"null", j, `null`, unknown},
		{"no JSON", j, `x`, unknown},
		{"two values", j, text(`{"iss":"ISSUER","aud":"chat","exp":1767398400}{}`), unknown},
		{"no UTF-8", j, text(`{"iss":"ISSUER","aud":"chat","exp":1767398400,"sub":"` + "\xff" + `"}`), unknown},
		{"scope", scoped, base, connected},
		{"scope list", scoped, base.with(claims{"scope": nil, "scp": []string{"read", "admin"}}), connected},
		{"other scope", scoped, base.with(claims{"scope": "writer read"}), outOfScope},
		{"no scope", scoped, base.with(claims{"scope": nil}), outOfScope},
		{"expired and out of scope", scoped, base.with(claims{"scope": nil, "exp": 1}), unknown},
	} {
		if got := try(t, test.j, sign(t, jose.EdDSA, "ed", test.payload, nil)); !equal(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestToken has what is known of a client who has shown a token.
func TestToken(t *testing.T) {
	i := all(t)
	c := &clock{}
	j := newJWT(t, authorizer.NewKeySets(i.Client().Transport, c.now), authorizer.JWTConfig{Issuer: i.URL, Leeway: 10 * time.Second})
	decision, err := j.Authorize(t.Context(), bearer(sign(t, jose.ES256, "P-256", `{"iss":"`+i.URL+`","aud":["chat","a b"],"exp":1767358800,"sub":"anna",
		"email_verified":true,"level":1.50,"address":{ "city" : "B" },"none":null,"groups":["a","b"],"principalId":"root","integrationLatency":"x"}`, nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := &authorizer.Decision{
		Expires: time.Unix(1767358810, 0),
		Identity: &gateway.Identity{Authorizer: &gateway.Authorization{
			PrincipalID: "anna",
			Context: gateway.Params{
				{Name: "address", Value: `{"city":"B"}`},
				{Name: "aud", Value: `["chat","a b"]`},
				{Name: "email_verified", Value: "true"},
				{Name: "exp", Value: "1767358800"},
				{Name: "groups", Value: `["a","b"]`},
				{Name: "iss", Value: i.URL},
				{Name: "level", Value: "1.50"},
				{Name: "sub", Value: "anna"},
			},
		}},
	}
	if diff := cmp.Diff(want, decision); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTokenSources: where a client may have its token.
func TestTokenSources(t *testing.T) {
	i := all(t)
	token := sign(t, jose.EdDSA, "ed", good(i.URL), nil)
	cfg := authorizer.JWTConfig{Sources: tokenSources(t, "$request.header.Authorization", "route.request.querystring.token", "route.request.subprotocol.access_token")}
	j, _ := alone(t, i, cfg)
	header := func(name, value string) gateway.Params { return gateway.Params{{Name: name, Value: value}} }
	const offer = "sec-websocket-protocol"
	for _, test := range []struct {
		name          string
		header, query gateway.Params
		want          outcome
		hidden        []string
	}{
		{"nowhere", nil, nil, unknown, nil},
		{"bearer", header("authorization", "Bearer "+token), nil, connected, nil},
		{"bearer in other case", header("Authorization", "bEARER  "+token), nil, connected, nil},
		{"alone", header("Authorization", token), nil, connected, nil},
		{"another scheme", header("Authorization", "Basic "+token), nil, unknown, nil},
		{"no token", header("Authorization", "Bearer "), nil, unknown, nil},
		{"twice", append(header("Authorization", token), header("authorization", token)...), nil, unknown, nil},
		{"query", nil, header("token", token), connected, nil},
		{"query in other case", nil, header("Token", token), unknown, nil},
		{"query twice", nil, append(header("token", "x"), header("token", token)...), unknown, nil},
		{"header before query", header("Authorization", "x"), header("token", token), unknown, nil},
		{"empty header, and query", header("Authorization", ""), header("token", token), connected, nil},
		{"subprotocol", header(offer, "access_token."+token+", chat"), nil, connected, []string{"access_token." + token}},
		{"subprotocol in two lines", append(header(offer, "chat"), header(offer, "access_token."+token)...), nil, connected, []string{"access_token." + token}},
		{"subprotocol twice", header(offer, "access_token."+token+",access_token."+token), nil, unknown, nil},
		{"subprotocol of another name", header(offer, "Access_token."+token), nil, unknown, nil},
		{"subprotocol without a token", header(offer, "access_token,chat"), nil, unknown, nil},
		{"header and subprotocol", append(header("Authorization", token), header(offer, "access_token.x,chat")...), nil, connected, []string{"access_token.x"}},
	} {
		req := handshake()
		req.Event.Header, req.Event.Query = test.header, test.query
		decision, err := j.Authorize(t.Context(), req)
		if got := outcomeOf(t, decision, err); !equal(got, test.want) {
			t.Errorf("%s: got %+v (%v)", test.name, got, err)
		}
		if decision != nil && !cmp.Equal(decision.Hidden, test.hidden) {
			t.Errorf("%s: hidden are %v", test.name, decision.Hidden)
		}
	}
	for _, bad := range []string{"", "context.stage", "stageVariables.x", "request.header.x", "route.request.header.", "$.request.header.x", "routerequest.header.x", "route.request.subprotocol.a,b"} {
		if _, err := authorizer.CompileTokenSources([]string{bad}); err == nil {
			t.Errorf("%q is a place of a token", bad)
		}
	}
}

// TestConfig: what could let in too many is refused when it is set.
func TestConfig(t *testing.T) {
	right := authorizer.JWTConfig{Issuer: "https://id.example", Audience: []string{"chat"}, Sources: tokenSources(t, "route.request.querystring.token")}
	elsewhere, err := authorizer.CompileSources([]string{"stageVariables.token"})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*authorizer.JWTConfig){
		"no issuer":             func(c *authorizer.JWTConfig) { c.Issuer = "" },
		"no audience":           func(c *authorizer.JWTConfig) { c.Audience = nil },
		"empty audience":        func(c *authorizer.JWTConfig) { c.Audience = []string{"chat", ""} },
		"no source":             func(c *authorizer.JWTConfig) { c.Sources = nil },
		"source that is none":   func(c *authorizer.JWTConfig) { c.Sources = elsewhere },
		"zero source":           func(c *authorizer.JWTConfig) { c.Sources = make([]authorizer.Source, 1) },
		"empty scope":           func(c *authorizer.JWTConfig) { c.Scopes = []string{""} },
		"negative leeway":       func(c *authorizer.JWTConfig) { c.Leeway = -1 },
		"long leeway":           func(c *authorizer.JWTConfig) { c.Leeway = time.Minute + 1 },
		"none":                  func(c *authorizer.JWTConfig) { c.Algorithms = []string{"RS256", "none"} },
		"HS256":                 func(c *authorizer.JWTConfig) { c.Algorithms = []string{"HS256"} },
		"empty algorithm":       func(c *authorizer.JWTConfig) { c.Algorithms = []string{""} },
		"issuer by http":        func(c *authorizer.JWTConfig) { c.Issuer = "http://id.example" },
		"issuer that is no URL": func(c *authorizer.JWTConfig) { c.Issuer = "id.example" },
		"keys by http":          func(c *authorizer.JWTConfig) { c.JWKSURI = "http://id.example/keys" },
		"keys by file":          func(c *authorizer.JWTConfig) { c.JWKSURI = "file:///keys" },
		"keys with a password":  func(c *authorizer.JWTConfig) { c.JWKSURI = "https://a:b@id.example/keys" },
		"keys of a fragment":    func(c *authorizer.JWTConfig) { c.JWKSURI = "https://id.example/keys#a" },
		"keys without a host":   func(c *authorizer.JWTConfig) { c.JWKSURI = "https:///keys" },
		"loopback in disguise":  func(c *authorizer.JWTConfig) { c.JWKSURI = "http://127.0.0.1.evil.example/keys" },
	} {
		cfg := right
		change(&cfg)
		if j, err := authorizer.NewJWT(cfg, nil); err == nil || j != nil || !strings.HasPrefix(err.Error(), "authorizer: ") {
			t.Errorf("%s: got %v, %v", name, j, err)
		}
	}
	for name, change := range map[string]func(*authorizer.JWTConfig){
		"as it is":            func(*authorizer.JWTConfig) {},
		"any issuer":          func(c *authorizer.JWTConfig) { c.Issuer, c.JWKSURI = "accounts", "https://id.example/keys" },
		"keys on the machine": func(c *authorizer.JWTConfig) { c.JWKSURI = "http://localhost:1/keys" },
	} {
		cfg := right
		change(&cfg)
		j, err := authorizer.NewJWT(cfg, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		token := sign(t, jose.EdDSA, "ed", good(cfg.Issuer), nil)
		req := handshake()
		req.Event.Query = gateway.Params{{Name: "token", Value: token}}
		decision, err := j.Authorize(t.Context(), req)
		if got := outcomeOf(t, decision, err); !equal(got, later) {
			t.Errorf("%s: without a way to the keys: got %+v", name, got)
		}
	}
	j, _ := alone(t, all(t), authorizer.JWTConfig{})
	if decision, err := j.Authorize(t.Context(), nil); decision != nil || !errors.Is(err, gateway.ErrConfiguration) {
		t.Errorf("nothing to look at: got %v, %v", decision, err)
	}
}
