package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
)

// TestRotation: a new key is fetched when the first token by it has come, but not more often than every ten seconds; one that
// is taken back does no longer than an hour.
func TestRotation(t *testing.T) {
	i := newIssuer(t, public("rsa"))
	j, c := alone(t, i, authorizer.JWTConfig{})
	old, next := sign(t, jose.RS256, "rsa", good(i.URL), nil), sign(t, jose.EdDSA, "ed", good(i.URL), nil)
	step := func(name, token string, want outcome, fetches int64) {
		t.Helper()
		if got := try(t, j, token); !equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if got := i.fetches.Load(); got != fetches || i.discoveries.Load() != fetches {
			t.Errorf("%s: the issuer was asked %d times, want %d", name, got, fetches)
		}
	}
	step("first", old, connected, 1)
	step("again", old, connected, 1)
	step("not there yet", next, unknown, 1)
	i.rotate(public("rsa"), public("ed"))
	step("too soon", next, unknown, 1)
	c.advance(10 * time.Second)
	step("there", next, connected, 2)
	step("the old one, too", old, connected, 2)
	i.rotate(public("ed"))
	c.advance(59 * time.Minute)
	step("taken back, and not known yet", old, connected, 2)
	c.advance(time.Minute)
	if got := try(t, j, sign(t, jose.RS256, "rsa", good(i.URL).with(claims{"exp": noon.Add(48 * time.Hour).Unix()}), nil)); !equal(got, unknown) {
		t.Errorf("taken back: got %+v", got)
	}
	i.rotate()
	c.advance(time.Hour)
	if got := try(t, j, sign(t, jose.EdDSA, "ed", good(i.URL).with(claims{"exp": noon.Add(48 * time.Hour).Unix()}), nil)); !equal(got, unknown) {
		t.Errorf("all taken back: got %+v", got)
	}
}

// TestOutage: while the issuer does not answer its keys do for a day, and then nobody gets in; nobody ever gets in whose key
// is not known.
func TestOutage(t *testing.T) {
	i := newIssuer(t, public("ed"))
	j, c := alone(t, i, authorizer.JWTConfig{})
	forever := good(i.URL).with(claims{"exp": noon.Add(1000 * time.Hour).Unix()})
	token, foreign := sign(t, jose.EdDSA, "ed", forever, nil), sign(t, jose.RS256, "rsa", forever, nil)
	step := func(name, token string, want outcome) {
		t.Helper()
		if got := try(t, j, token); !equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	i.answer(down)
	step("down from the start", token, later)
	step("and not asked again", token, later)
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
	i.answer(nil)
	step("up, but too soon", token, later)
	c.advance(10 * time.Second)
	step("up", token, connected)
	i.answer(down)
	c.advance(time.Hour)
	step("down, keys of an hour", token, connected)
	step("a key that is not known", foreign, later)
	c.advance(23*time.Hour - time.Second)
	step("down, keys of almost a day", token, connected)
	c.advance(time.Second)
	step("down, keys of a day", token, later)
	c.advance(time.Hour)
	step("still down", token, later)
	i.answer(nil)
	c.advance(10 * time.Second)
	step("up again", token, connected)
	step("a key that is not there", foreign, unknown)
}

// TestKeySet: what an issuer may publish. What is no key set changes nothing: it is as if the issuer had not answered.
func TestKeySet(t *testing.T) {
	ed, err := json.Marshal(public("ed"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := json.Marshal(jose.JSONWebKey{Key: ring()["ed"], KeyID: "ed"})
	if err != nil {
		t.Fatal(err)
	}
	key := string(ed)
	member := func(more string) string { return `{"keys":[` + strings.TrimSuffix(key, "}") + "," + more + `}]}` }
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		want  outcome
	}{
		"right":             {says200(`{"keys":[` + key + `]}`), connected},
		"among others":      {says200(`{"keys":[{"kty":"new","kid":"x"},7,null,{},` + key + `,{"kty":"RSA","kid":"y"}],"more":1}`), connected},
		"same name":         {says200(`{"keys":[{"kty":"oct","kid":"ed","k":"AAAA"},` + key + `]}`), connected},
		"for verifying":     {says200(member(`"key_ops":["verify"]`)), connected},
		"by its algorithm":  {says200(member(`"alg":"EdDSA"`)), connected},
		"other algorithm":   {says200(member(`"alg":"RS256"`)), unknown},
		"for signing":       {says200(member(`"key_ops":["sign"]`)), unknown},
		"odd operations":    {says200(member(`"key_ops":7`)), unknown},
		"for encryption":    {says200(strings.Replace(`{"keys":[`+key+`]}`, `"sig"`, `"enc"`, 1)), unknown},
		"without a name":    {says200(strings.Replace(`{"keys":[`+key+`]}`, `"kid":"ed"`, `"x-kid":"ed"`, 1)), unknown},
		"private":           {says200(`{"keys":[` + string(private) + `]}`), unknown},
		"low order":         {says200(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`), unknown},
		"none":              {says200(`{"keys":[]}`), unknown},
		"no list":           {says200(`{"keys":{}}`), later},
		"null":              {says200(`{"keys":null}`), later},
		"no keys":           {says200(`{}`), later},
		"a list":            {says200(`[` + key + `]`), later},
		"garbage":           {says200("<html>"), later},
		"nothing":           {says200(""), later},
		"name twice":        {says200(`{"keys":[],"keys":[` + key + `]}`), later},
		"too many":          {says200(`{"keys":[` + strings.Repeat("{},", 100) + key + `]}`), later},
		"too large":         {says200(`{"keys":[` + key + `],"x":"` + strings.Repeat("x", 256<<10) + `"}`), later},
		"too large, spaces": {says200(`{"keys":[` + key + `]}` + strings.Repeat(" ", 256<<10)), later},
		"nested":            {says200(`{"keys":[` + key + `],"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`), later},
		"status 500":        {down, later},
		"status 203": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			_, _ = w.Write([]byte(`{"keys":[` + key + `]}`))
		}, later},
		"redirected": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				http.Redirect(w, r, "/keys?again", http.StatusFound)
				return
			}
			_, _ = w.Write([]byte(`{"keys":[` + key + `]}`))
		}, later},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			_, _ = w.Write([]byte(`{"keys":[` + key + `]}`))
		}, later},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.answer(test.serve)
			j, _ := alone(t, i, authorizer.JWTConfig{})
			if got := try(t, j, sign(t, jose.EdDSA, "ed", good(i.URL), nil)); !equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestDiscovery: the configuration is the issuer's own, and leads to where keys may be: OpenID Connect Discovery 1.0 section 4.3.
func TestDiscovery(t *testing.T) {
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ed")}})
	if err != nil {
		t.Fatal(err)
	}
	const distant, local = "https://id.example/tenant/", "http://127.0.0.1:9000"
	for _, test := range []struct {
		name, issuer, configuration string
		want                        outcome
	}{
		{"right", distant, `{"issuer":"ISSUER","jwks_uri":"https://keys.example/a?b"}`, connected},
		{"of this machine", local, `{"issuer":"ISSUER","jwks_uri":"http://localhost:9001/"}`, connected},
		{"away from this machine", local, `{"issuer":"ISSUER","jwks_uri":"https://keys.example/a"}`, connected},
		{"another issuer", distant, `{"issuer":"https://evil.example","jwks_uri":"https://keys.example/a"}`, later},
		{"almost the issuer", distant, `{"issuer":"https://id.example/tenant","jwks_uri":"https://keys.example/a"}`, later},
		{"no issuer", distant, `{"jwks_uri":"https://keys.example/a"}`, later},
		{"no keys", distant, `{"issuer":"ISSUER"}`, later},
		{"keys by http", distant, `{"issuer":"ISSUER","jwks_uri":"http://keys.example/a"}`, later},
		{"keys by http, from this machine", local, `{"issuer":"ISSUER","jwks_uri":"http://keys.example/a"}`, later},
		{"keys of this machine", distant, `{"issuer":"ISSUER","jwks_uri":"http://127.0.0.1:8081/"}`, later},
		{"keys by file", distant, `{"issuer":"ISSUER","jwks_uri":"file:///etc/keys"}`, later},
		{"name twice", distant, `{"issuer":"ISSUER","issuer":"ISSUER","jwks_uri":"https://keys.example/a"}`, later},
		{"no JSON", distant, `x`, later},
		{"keys of nothing", distant, `{"issuer":"ISSUER","jwks_uri":7}`, later},
	} {
		// Every other address has the keys.
		everywhere := way(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			if r.URL.String() == strings.TrimSuffix(test.issuer, "/")+"/.well-known/openid-configuration" {
				_, _ = w.WriteString(strings.ReplaceAll(test.configuration, "ISSUER", test.issuer))
			} else {
				_, _ = w.Write(set)
			}
			return w.Result(), nil
		})
		j := newJWT(t, authorizer.NewKeySets(everywhere, func() time.Time { return noon }), authorizer.JWTConfig{Issuer: test.issuer})
		if got := try(t, j, sign(t, jose.EdDSA, "ed", good(test.issuer), nil)); !equal(got, test.want) {
			t.Errorf("%s: got %+v", test.name, got)
		}
	}
	// Keys that are named need no configuration; and without a transport nobody is asked.
	i := newIssuer(t, public("ed"))
	token := sign(t, jose.EdDSA, "ed", good("me"), nil)
	for transport, want := range map[http.RoundTripper]outcome{i.Client().Transport: connected, nil: later} {
		keys := authorizer.NewKeySets(transport, func() time.Time { return noon })
		j := newJWT(t, keys, authorizer.JWTConfig{Issuer: "me", JWKSURI: i.URL + "/keys"})
		if got := try(t, j, token); !equal(got, want) || i.discoveries.Load() != 0 {
			t.Errorf("got %+v after %d discoveries", got, i.discoveries.Load())
		}
	}
}

// TestOneQuestion: clients who come together wait for one question; who leaves takes nothing with it.
func TestOneQuestion(t *testing.T) {
	i := newIssuer(t, public("ed"))
	asked, goOn := make(chan struct{}), make(chan struct{})
	set := i.set
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		close(asked) // a second question would panic
		<-goOn
		_ = json.NewEncoder(w).Encode(set)
	})
	j, _ := alone(t, i, authorizer.JWTConfig{})
	token := sign(t, jose.EdDSA, "ed", good(i.URL), nil)
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		decision, err := j.Authorize(ctx, bearer(token))
		if decision != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("who leaves: got %v, %v", decision, err)
		}
	})
	<-asked
	for range 20 {
		all.Go(func() {
			if _, err := j.Authorize(t.Context(), bearer(token)); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	close(goOn)
	all.Wait()
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// A way is a transport.
type way func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (w way) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// TestSilence: an issuer that says nothing is waited for five seconds; one that makes the gateway stumble stops nothing.
func TestSilence(t *testing.T) {
	for name, test := range map[string]struct {
		way  way
		wait time.Duration
	}{
		"silent": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 5 * time.Second},
		"panic": {func(*http.Request) (*http.Response, error) { panic("a document that is not expected") }, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := newJWT(t, authorizer.NewKeySets(test.way, nil), authorizer.JWTConfig{Issuer: "https://id.example"})
			token := sign(t, jose.EdDSA, "ed", good("https://id.example"), nil)
			for _, wait := range []time.Duration{test.wait, 0} { // who comes next does not wait
				start := time.Now()
				if got := try(t, j, token); !equal(got, later) || time.Since(start) != wait {
					t.Errorf("%s: got %+v after %s", name, got, time.Since(start))
				}
			}
		})
	}
}

// TestShared: stages of one issuer share its keys, and others do not; also when there are more issuers than are shared.
func TestShared(t *testing.T) {
	i := newIssuer(t, public("ed"))
	c := &clock{}
	keys := authorizer.NewKeySets(i.Client().Transport, c.now)
	token := sign(t, jose.EdDSA, "ed", good(i.URL), nil)
	first := newJWT(t, keys, authorizer.JWTConfig{Issuer: i.URL})
	for range 3 {
		if got := try(t, newJWT(t, keys, authorizer.JWTConfig{Issuer: i.URL}), token); !equal(got, connected) {
			t.Errorf("got %+v", got)
		}
	}
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
	c.advance(time.Second)
	for n := range 1000 {
		newJWT(t, keys, authorizer.JWTConfig{Issuer: fmt.Sprintf("https://id%d.example", n)})
	}
	if got := try(t, first, token); !equal(got, connected) || i.fetches.Load() != 1 {
		t.Errorf("forgotten by others: got %+v after %d questions", got, i.fetches.Load())
	}
	if got := try(t, newJWT(t, keys, authorizer.JWTConfig{Issuer: i.URL}), token); !equal(got, connected) || i.fetches.Load() != 2 {
		t.Errorf("forgotten: got %+v after %d questions", got, i.fetches.Load())
	}
}

// TestHammer: keys rotate, the issuer fails and comes back, time passes, and stages come and go; whoever is let in has a token
// by a key of the issuer, and it is not asked more often than it may be.
func TestHammer(t *testing.T) {
	i := newIssuer(t, public("ed"))
	c := &clock{}
	keys := authorizer.NewKeySets(i.Client().Transport, c.now)
	far := good(i.URL).with(claims{"exp": noon.Add(1000 * time.Hour).Unix()})
	right, next := sign(t, jose.EdDSA, "ed", far, nil), sign(t, jose.ES256, "P-256", far, nil)
	wrong := signBy(t, jose.RS256, jose.JSONWebKey{Key: ring()["other"], KeyID: "rsa"}, far, nil)
	shared := newJWT(t, keys, authorizer.JWTConfig{Issuer: i.URL})
	const rounds, intervals = 150, 40
	var all sync.WaitGroup
	for worker := range uint64(4) {
		all.Go(func() {
			g := rand.New(rand.NewPCG(worker, 1))
			for range rounds {
				j := shared
				if g.IntN(4) == 0 {
					j = newJWT(t, keys, authorizer.JWTConfig{Issuer: i.URL})
				}
				token := []string{right, next, wrong}[g.IntN(3)]
				decision, err := j.Authorize(t.Context(), bearer(token))
				if (decision == nil) == (err == nil) || token == wrong && err == nil {
					t.Errorf("got %v, %v", decision, err)
				}
			}
		})
	}
	all.Go(func() {
		g := rand.New(rand.NewPCG(99, 1))
		for range intervals {
			switch g.IntN(4) {
			case 0:
				i.answer(down)
			case 1:
				i.answer(nil)
			case 2:
				i.rotate(public("ed"), public("P-256"), public("rsa"))
			default:
				i.rotate(public("ed"))
			}
			c.advance(retry)
		}
	})
	all.Wait()
	if n := i.fetches.Load(); n > intervals+1 {
		t.Errorf("the issuer was asked %d times in %d intervals", n, intervals)
	}
	i.answer(nil)
	i.rotate(public("ed"))
	c.advance(2 * time.Hour)
	if got := try(t, shared, right); !equal(got, connected) {
		t.Errorf("in the end: got %+v", got)
	}
	if got := try(t, shared, next); !equal(got, unknown) {
		t.Errorf("in the end, by a key that is gone: got %+v", got)
	}
}

// retry is the least time between two questions to an issuer.
const retry = 10 * time.Second
