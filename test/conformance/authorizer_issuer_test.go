package conformance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// issuer is an identity provider: it publishes its configuration and its keys, and signs tokens. "OpenID Connect Discovery 1.0",
// RFC 7517.
type issuer struct {
	*httptest.Server

	mu    sync.Mutex // guards what follows
	keys  map[string]*ecdsa.PrivateKey
	shown []string // key ids that it publishes
	down  bool
	asked int // how often for keys
}

const audience = "chat"

// newIssuer starts one that publishes the key "one", until the test ends.
func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{keys: map[string]*ecdsa.PrivateKey{}}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.makes(t, "one")
	i.shows("one")
	return i
}

// makes has a new key. Who asks for keys does not see it yet.
func (i *issuer) makes(t *testing.T, kid string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[kid] = key
}

// shows publishes these keys and no others.
func (i *issuer) shows(kids ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shown, i.down = kids, false
}

// breaks has it answer with status 500.
func (i *issuer) breaks() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = true
}

// times is how often it has shown its keys.
func (i *issuer) times() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// ServeHTTP implements http.Handler.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var shown any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		shown = map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}
	case "/keys":
		i.asked++
		set := jose.JSONWebKeySet{}
		for _, kid := range i.shown {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: i.keys[kid].Public(), KeyID: kid, Algorithm: "ES256", Use: "sig"})
		}
		shown = set
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(shown) // the caller has left if this fails
}

// token signs claims with a key: those of a good token, with others put in their place.
func (i *issuer) token(t *testing.T, kid string, with fields) string {
	t.Helper()
	i.mu.Lock()
	key := i.keys[kid]
	i.mu.Unlock()
	return i.signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", kid).WithType("JWT"), with)
}

func (i *issuer) signed(t *testing.T, key jose.SigningKey, options *jose.SignerOptions, with fields) string {
	t.Helper()
	now := time.Now()
	claims := fields{"iss": i.URL, "aud": audience, "sub": "ann", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, with)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(claims)
	must(t, err)
	signer, err := jose.NewSigner(key, options)
	must(t, err)
	made, err := signer.Sign(text)
	must(t, err)
	token, err := made.CompactSerialize()
	must(t, err)
	return token
}

// tags ask for tokens of the issuer, with more tags.
func (i *issuer) tags(more map[string]string) map[string]string {
	all := map[string]string{"gangway:jwt-issuer": i.URL, "gangway:jwt-audience": audience}
	maps.Copy(all, more)
	return all
}

// tagged makes an API of a definition whose stages ask for something by tags.
func (b *builder) tagged(t *testing.T, definition string, tags map[string]string) *stand {
	t.Helper()
	text, err := json.Marshal(tags)
	must(t, err)
	s := &stand{builder: b}
	s.define(t, strings.TrimSuffix(definition, "}")+fmt.Sprintf(`, "stage": {"tags": %s}}`, text))
	return s
}

// bearer is a handshake with a token as programs send it.
func bearer(url, token string) handshake {
	return handshake{url: url, header: http.Header{"User-Agent": {"alice"}, "Authorization": {"Bearer " + token}}}
}
