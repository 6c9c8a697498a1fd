package authorizer_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
)

// An issuer is an identity provider: a real server with real keys.
type issuer struct {
	*httptest.Server

	mu    sync.Mutex
	serve http.HandlerFunc // instead of the key set; nil: the key set
	set   jose.JSONWebKeySet

	fetches, discoveries atomic.Int64
}

func newIssuer(t *testing.T, keys ...jose.JSONWebKey) *issuer {
	t.Helper()
	i := &issuer{set: jose.JSONWebKeySet{Keys: keys}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.discoveries.Add(1)
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.URL+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		serve, set := i.serve, i.set
		i.mu.Unlock()
		if serve != nil {
			serve(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(set)
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// rotate changes the keys.
func (i *issuer) rotate(keys ...jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey{}, keys...)} // a list, also if it is empty
}

// answer changes what is said instead of the keys.
func (i *issuer) answer(serve http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = serve
}

// says answers with a text.
func says200(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// down answers as an issuer that is broken.
func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

// A clock is set by hand.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// The keys of all tests, made once: RSA takes its time.
var ring = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for _, name := range []string{"rsa", "other"} {
		keys[name], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	keys["short"], _ = rsa.GenerateKey(rand.Reader, 1024)
	for name, curve := range map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		keys[name], _ = ecdsa.GenerateKey(curve, rand.Reader)
	}
	_, keys["ed"], _ = ed25519.GenerateKey(rand.Reader)
	return keys
})

// public is the key of a name as issuers publish it.
func public(name string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: ring()[name].Public(), KeyID: name, Use: "sig"}
}

type claims map[string]any

// good are claims that let in.
func good(issuer string) claims {
	return claims{
		"iss": issuer, "aud": "chat", "sub": "anna", "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix(), "nbf": noon.Unix(), "scope": "read write",
	}
}

// with is a copy with some other claims; one that is nil is taken away.
func (c claims) with(others claims) claims {
	all := maps.Clone(c)
	for name, value := range others {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

// sign makes a token by the key of a name.
func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key string, payload any, header map[jose.HeaderKey]any) string {
	t.Helper()
	return signBy(t, algorithm, jose.JSONWebKey{Key: ring()[key], KeyID: key}, payload, header)
}

func signBy(t *testing.T, algorithm jose.SignatureAlgorithm, key, payload any, header map[jose.HeaderKey]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	maps.Copy(options.ExtraHeaders, header)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, raw := payload.(string)
	bytes := []byte(text)
	if !raw {
		if bytes, err = json.Marshal(payload); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := signer.Sign(bytes)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// segment is a part of a token.
func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// bearer is a handshake with a token.
func bearer(token string) *authorizer.Request {
	req := handshake()
	req.Event.Header = gateway.Params{{Name: "Authorization", Value: "Bearer " + token}}
	return req
}

// newJWT makes an authorizer of an issuer.
func newJWT(t *testing.T, keys *authorizer.KeySets, cfg authorizer.JWTConfig) *authorizer.JWT {
	t.Helper()
	if cfg.Sources == nil {
		cfg.Sources = tokenSources(t, "route.request.header.Authorization")
	}
	if cfg.Audience == nil {
		cfg.Audience = []string{"chat"}
	}
	j, err := authorizer.NewJWT(cfg, keys)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func tokenSources(t *testing.T, list ...string) []authorizer.Source {
	t.Helper()
	compiled, err := authorizer.CompileTokenSources(list)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// alone is an authorizer of an issuer with key sets and a clock of its own.
func alone(t *testing.T, i *issuer, cfg authorizer.JWTConfig) (*authorizer.JWT, *clock) {
	t.Helper()
	c := &clock{}
	cfg.Issuer = i.URL
	return newJWT(t, authorizer.NewKeySets(i.Client().Transport, c.now), cfg), c
}
