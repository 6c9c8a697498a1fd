package conformance_test

import (
	"crypto/x509"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"gangway/internal/node"
)

// API Gateway has JSON Web Tokens for HTTP APIs alone; for WebSocket APIs tags ask for them here. What is checked of a token is said
// in "Control access to HTTP APIs with JWT authorizers" in the API Gateway developer guide, RFC 7519 and RFC 8725; all else in these
// tests is ours.

// whoever replies with the claims of a client.
const whoever = `{"routes": {"$default": {"reply": true, "mock": "$context.authorizer.principalId|$context.authorizer.sub|$context.authorizer.groups|$context.authorizer.level|$context.authorizer.admin|"}}}`

// TestTokenPlaces shows a token in each place, and in none.
func TestTokenPlaces(t *testing.T) {
	t.Parallel()
	s := &builder{startProgram(t, t.TempDir()).server, ""}
	from := newIssuer(t)
	token := from.token(t, "one", nil)
	usual := s.tagged(t, whoever, from.tags(nil)).url("prod")
	wantConnected(t, "Bearer", bearer(usual, token))
	in := bearer(usual, token)
	in.header["Authorization"] = []string{"bearer " + token}
	wantConnected(t, "bearer", in)
	in.header["Authorization"] = []string{token}
	wantConnected(t, "a header field with the token alone", in)
	in.header["Authorization"] = []string{"Basic " + token}
	wantRefused(t, "another scheme", in, http.StatusUnauthorized, notKnown)
	wantRefused(t, "none", alice(usual), http.StatusUnauthorized, notKnown)
	wantRefused(t, "in the query, which is not looked at", alice(usual+"?token="+token), http.StatusUnauthorized, notKnown)

	places := map[string]string{"gangway:jwt-sources": "route.request.header.X-Token route.request.querystring.token route.request.subprotocol.access_token"}
	several := s.tagged(t, whoever, from.tags(places)).url("prod")
	wantConnected(t, "the query", alice(several+"?token="+token))
	wantConnected(t, "Bearer in the query", alice(several+"?token=Bearer%20"+token))
	wantRefused(t, "two in the query", alice(several+"?token="+token+"&token="+token), http.StatusUnauthorized, notKnown)
	wantRefused(t, "an empty one", alice(several+"?token="), http.StatusUnauthorized, notKnown)
	wantRefused(t, "in Authorization, which is not looked at", bearer(several, token), http.StatusUnauthorized, notKnown)
	in = handshake{url: several + "?token=" + token, header: http.Header{"X-Token": {"no token"}}}
	wantRefused(t, "the first place counts", in, http.StatusUnauthorized, notKnown)
	for offered, chosen := range map[string]string{
		"access_token." + token + ", chat": "chat", "chat, access_token." + token: "chat", "access_token." + token: "", "other,access_token." + token + ",chat": "other",
	} {
		c, header, err := dial(t.Context(), handshake{url: several, raw: true, header: http.Header{"Sec-Websocket-Protocol": {offered}}})
		if err != nil {
			t.Errorf("%.20s: %v", offered, err)
			continue
		}
		c.drop()
		if got := header.Get("Sec-Websocket-Protocol"); got != chosen {
			t.Errorf("%.20s: the server chose %.20q, expected %q", offered, got, chosen)
		}
	}
	in = handshake{url: several, raw: true, header: http.Header{"Sec-Websocket-Protocol": {"access_token.x, chat"}}}
	wantRefused(t, "a subprotocol that is no token", in, http.StatusUnauthorized, notKnown)
	chosen := `{"routes": {"$connect": {"integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": "BACKEND/"}}}}`
	away := newBackend()
	t.Cleanup(away.stop)
	for _, choice := range []string{"chat", "access_token." + token} {
		away.replies(func(*call) reply {
			return reply{status: http.StatusOK, header: http.Header{"Sec-Websocket-Protocol": {choice}}}
		})
		own := (&builder{s.server, away.URL}).tagged(t, chosen, from.tags(places))
		_, header, err := dial(t.Context(), handshake{url: own.url("prod"), raw: true, header: http.Header{"Sec-Websocket-Protocol": {"access_token." + token + ", more, chat"}}})
		must(t, err)
		if got := header.Get("Sec-Websocket-Protocol"); got == "" || strings.Contains(got, token) || choice == "chat" && got != "chat" {
			t.Errorf("$connect chose %.20q, and the client was told %.20q", choice, got)
		}
	}
}

// TestTokenRefusals shows tokens that are none, and wants nobody in.
func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	s := &builder{startProgram(t, t.TempDir()).server, ""}
	from, other := newIssuer(t), newIssuer(t)
	url := s.tagged(t, whoever, from.tags(map[string]string{"gangway:jwt-scopes": "chat:talk chat:all"})).url("prod")
	scope := fields{"scope": "profile chat:talk"}
	good := func(with fields) string {
		all := maps.Clone(scope)
		maps.Copy(all, with)
		return from.token(t, "one", all)
	}
	now := time.Now()
	for label, with := range map[string]fields{
		"as it should be": nil, "several audiences": {"aud": []string{"x", audience}}, "client_id": {"aud": nil, "client_id": audience},
		"scp": {"scope": nil, "scp": []string{"chat:all"}}, "no iat": {"iat": nil}, "nbf of a clock that is ahead": {"nbf": now.Add(20 * time.Second).Unix()},
	} {
		wantConnected(t, label, bearer(url, good(with)))
	}
	for label, with := range map[string]fields{
		"expired": {"exp": now.Add(-time.Hour).Unix()}, "no date of expiry": {"exp": nil}, "a date that is a text": {"exp": "2099-01-01"},
		"not yet": {"nbf": now.Add(time.Hour).Unix()}, "issued later": {"iat": now.Add(time.Hour).Unix()},
		"another audience": {"aud": "chats"}, "no audience": {"aud": nil}, "no audience, another client": {"aud": nil, "client_id": "other"},
		"another audience, this client": {"aud": "other", "client_id": audience}, "another issuer": {"iss": other.URL}, "no issuer": {"iss": nil},
		"the issuer and a slash": {"iss": from.URL + "/"}, "a subject that is a number": {"sub": 5},
	} {
		wantRefused(t, label, bearer(url, good(with)), http.StatusUnauthorized, notKnown)
	}
	for label, with := range map[string]fields{"no scope": {"scope": nil}, "other scopes": {"scope": "chat:talking chat"}} {
		wantRefused(t, label, bearer(url, good(with)), http.StatusForbidden, `{"message":"Forbidden"}`)
	}
	for label, token := range forged(t, from, other, good(nil)) {
		wantRefused(t, label, bearer(url, token), http.StatusUnauthorized, notKnown)
	}
}

// forged are texts that look like a good token of an issuer.
func forged(t *testing.T, from, other *issuer, good string) map[string]string {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(from.keys["one"].Public())
	must(t, err)
	kid := func() *jose.SignerOptions { return (&jose.SignerOptions{}).WithHeader("kid", "one") }
	scope := fields{"scope": "chat:talk"}
	from.makes(t, "hidden")
	parts := strings.Split(good, ".")
	none := "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0" // {"alg":"none","kid":"one"}
	embedded := kid()
	embedded.EmbedJWK = true
	stolen := jose.SigningKey{Algorithm: jose.ES256, Key: other.keys["one"]}
	return map[string]string{
		"another issuer's key by the same name":   from.signed(t, stolen, kid(), scope),
		"another issuer's key, brought along":     from.signed(t, stolen, embedded, scope),
		"a key that is not published":             from.token(t, "hidden", scope),
		"no key named":                            from.signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: from.keys["one"]}, nil, scope),
		"the public key as a secret":              from.signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: public}, kid(), scope),
		"no algorithm":                            none + "." + parts[1] + ".",
		"no algorithm, with a signature":          none + "." + parts[1] + "." + parts[2],
		"the signature of another text":           parts[0] + "." + strings.Split(from.token(t, "one", fields{"sub": "eve", "scope": "chat:talk"}), ".")[1] + "." + parts[2],
		"another type":                            from.signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: from.keys["one"]}, kid().WithType("logout+jwt"), scope),
		"a header parameter that must be obeyed":  from.signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: from.keys["one"]}, kid().WithCritical("b64").WithBase64(true), scope),
		"two parts":                               parts[0] + "." + parts[1],
		"no parts":                                "token",
		"more than the signature":                 good + "A",
		"padding":                                 good + "=",
		"a longer text than any token":            good + strings.Repeat("A", 3000),
		"two tokens":                              good + ", " + good,
		"a token in quotes":                       `"` + good + `"`,
		"a token behind two schemes":              "Bearer " + good,
		"the token of another issuer, in its own": other.token(t, "one", scope),
	}
}

// TestTokenClaims wants the claims in every event, as texts, and a connection to end when its token does.
func TestTokenClaims(t *testing.T) {
	t.Parallel()
	away := newBackend()
	t.Cleanup(away.stop)
	s := &builder{startNode(t, node.Config{LambdaEndpoint: away.URL}), ""}
	from := newIssuer(t)
	api := s.tagged(t, `{"routes": {"$connect": {"lambda": "hello"}, "$disconnect": {"lambda": "bye"}, "$default": {"lambda": "tell"}, "who": `+
		strings.TrimSuffix(strings.TrimPrefix(whoever, `{"routes": {"$default": `), "}}")+`}}`, from.tags(nil))
	claims := fields{"groups": []string{"a", "b c"}, "level": 9, "admin": true, "nothing": nilOf, "of": fields{"a": 1}, "float": 1.5}
	wanted := map[string]any{
		"principalId": "ann", "sub": "ann", "iss": from.URL, "aud": audience, "groups": `["a","b c"]`, "level": "9", "admin": "true", "of": `{"a":1}`, "float": "1.5",
	}
	c := endsSoon(t, from, api.url("prod"), claims)
	wantClaims(t, away, "CONNECT", wanted)
	c.say(t, `{"action":"who"}`)
	wantItem(t, c, `ann|ann|["a","b c"]|9|true|`)
	c.say(t, "hello")
	wantClaims(t, away, "MESSAGE", wanted)
	wantItem(t, c, "close 1008 Authorization expired")
	bye := wantClaims(t, away, "DISCONNECT", wanted)
	if bye["disconnectStatusCode"] != 1008.0 || bye["disconnectReason"] != "Authorization expired" {
		t.Errorf("$disconnect was told %v, %v", bye["disconnectStatusCode"], bye["disconnectReason"])
	}
}

// endsSoon opens a connection with a token that has expired according to its issuer's clock: the clocks may be 30 seconds apart, so
// that it is good for a few more.
func endsSoon(t *testing.T, from *issuer, url string, claims fields) *client {
	t.Helper()
	for {
		claims["exp"] = time.Now().Add(-27 * time.Second).Unix()
		c, _, err := dial(t.Context(), bearer(url, from.token(t, "one", claims)))
		if refused, ok := errors.AsType[*refusal](err); ok && refused.status == http.StatusUnauthorized {
			continue // the machine is too slow for that
		}
		must(t, err)
		t.Cleanup(c.drop)
		return c
	}
}

// wantClaims wants the next event to be of a type, and to have these claims. It returns the context of the request.
func wantClaims(t *testing.T, away *backend, kind string, wanted map[string]any) map[string]any {
	t.Helper()
	of, _ := (<-away.received).event()["requestContext"].(map[string]any)
	got, _ := of["authorizer"].(map[string]any)
	for _, name := range []string{"exp", "iat"} {
		if text, ok := got[name].(string); !ok || len(text) != len("1700000000") {
			t.Errorf("%s: %s is %v", kind, name, got[name])
		}
		delete(got, name)
	}
	if took, ok := got["integrationLatency"].(float64); !ok || took < 0 {
		t.Errorf("%s: the authorizer took %v", kind, got["integrationLatency"])
	}
	delete(got, "integrationLatency")
	if diff := cmp.Diff(wanted, got); diff != "" || of["eventType"] != kind {
		t.Errorf("%s, expected %s, with these claims (- wanted, + got):\n%s", of["eventType"], kind, diff)
	}
	return of
}

// TestTokenKeys has an issuer take a key back and publish another, and be out of order: who has once been seen to have a good key
// gets in while it is out of order, and nobody else.
func TestTokenKeys(t *testing.T) {
	t.Parallel()
	s := &builder{startProgram(t, t.TempDir()).server, ""}
	from, late := newIssuer(t), newIssuer(t)
	late.breaks()
	url := s.tagged(t, whoever, from.tags(nil)).url("prod")
	second := s.tagged(t, whoever, from.tags(map[string]string{"gangway:jwt-jwks-uri": from.URL + "/keys"})).url("prod")
	waits := s.tagged(t, whoever, late.tags(nil)).url("prod")
	wantRefused(t, "an issuer out of order", bearer(waits, late.token(t, "one", nil)), http.StatusServiceUnavailable, `{"message":"Service Unavailable"}`)
	late.shows("one")
	for range 20 {
		wantConnected(t, "the first key", bearer(url, from.token(t, "one", nil)))
	}
	if asked := from.times(); asked != 1 {
		t.Errorf("the issuer was asked %d times for its keys", asked)
	}
	from.breaks()
	from.makes(t, "two")
	wantConnected(t, "the first key, and the issuer is out of order", bearer(url, from.token(t, "one", nil)))
	wantRefused(t, "an unknown key", bearer(url, from.token(t, "two", nil)), http.StatusUnauthorized, notKnown)
	wantRefused(t, "the first key at a stage that has seen none", bearer(second, from.token(t, "one", nil)), http.StatusServiceUnavailable, `{"message":"Service Unavailable"}`)
	from.shows("two")
	until(t, func() error { return tries(t, bearer(url, from.token(t, "two", nil))) })
	wantRefused(t, "a key that was taken back", bearer(url, from.token(t, "one", nil)), http.StatusUnauthorized, notKnown)
	until(t, func() error { return tries(t, bearer(waits, late.token(t, "one", nil))) })
	until(t, func() error { return tries(t, bearer(second, from.token(t, "two", nil))) })
	if asked := from.times(); asked > 4 {
		t.Errorf("the issuer was asked %d times for its keys", asked)
	}
}

// tries says why a handshake was refused.
func tries(t *testing.T, in handshake) error {
	t.Helper()
	c, _, err := dial(t.Context(), in)
	if err == nil {
		c.drop()
	}
	return err
}

// until asks again and again until there is no error.
func until(t *testing.T, ask func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatal(err)
		}
	}
}

// TestTokenTags asks for tokens, and no more, without a deployment; asks for them on stages and on an API; and asks in ways that
// cannot be understood, which lets nobody in.
func TestTokenTags(t *testing.T) {
	t.Parallel()
	s := &stand{builder: &builder{startProgram(t, t.TempDir()).server, ""}}
	from, other := newIssuer(t), newIssuer(t)
	s.define(t, whoever)
	c := s.connect(t, "")
	arn := func(more string) string {
		return "/v2/tags/" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace("arn:aws:apigateway:"+region+"::/apis/"+s.api.id+more)
	}
	tag := func(path string, tags map[string]string) {
		t.Helper()
		s.mustControl(t, post, path, map[string]any{"tags": tags})
	}
	url := s.url("prod")
	tag(arn(""), from.tags(nil))
	wantRefused(t, "asked for by the API", alice(url), http.StatusUnauthorized, notKnown)
	wantConnected(t, "a token", bearer(url, from.token(t, "one", nil)))
	c.say(t, "who?") // who was in before stays in
	wantItem(t, c, "|||||")
	tag(arn("/stages/prod"), map[string]string{"gangway:jwt-issuer": other.URL})
	wantRefused(t, "the stage has another issuer", bearer(url, from.token(t, "one", nil)), http.StatusUnauthorized, notKnown)
	wantConnected(t, "a token of that", bearer(url, other.token(t, "one", nil)))
	s.mustControl(t, remove, arn("/stages/prod")+"?tagKeys=gangway%3Ajwt-issuer", nil)
	wantConnected(t, "the API's again", bearer(url, from.token(t, "one", nil)))
	s.mustControl(t, remove, arn("")+"?tagKeys=gangway%3Ajwt-audience", nil)
	wantRefused(t, "no audience", bearer(url, from.token(t, "one", nil)), http.StatusInternalServerError, notDecided)
	s.mustControl(t, remove, arn("")+"?tagKeys=gangway%3Ajwt-issuer", nil)
	wantConnected(t, "asked for no more", alice(url))
	tag(arn(""), map[string]string{"gangway:jwt-audience": audience})
	wantRefused(t, "an audience without an issuer", bearer(url, from.token(t, "one", nil)), http.StatusInternalServerError, notDecided)

	tag(arn(""), from.tags(nil))
	s.define(t, `{"routes": {"$connect": {"route": {"authorizationType": "AWS_IAM"}}}}`)
	wantRefused(t, "IAM, too", bearer(url, from.token(t, "one", nil)), http.StatusInternalServerError, notDecided)
	wantRefused(t, "IAM, too, and signed", signed(t, url, s.key, false), http.StatusInternalServerError, notDecided)
	s.mustControl(t, remove, arn("")+"?tagKeys=gangway%3Ajwt-issuer&tagKeys=gangway%3Ajwt-audience", nil)
	wantConnected(t, "IAM alone", signed(t, url, s.key, false))
}
