package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

func TestSignIn(t *testing.T) {
	s := newStand(t, nil)
	w := s.serve(ask(http.MethodPost, "/console/session", typed(rootKey), ""))
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("got %d %s, %v", w.Code, w.Body, err)
	}
	for name, want := range map[string]string{
		"accessKeyId": rootKey.ID, "arn": "arn:aws:iam::" + account + ":root", "user": "root", "account": account, "region": region,
		"dataUrl": "ws://gateway.test:8080", "version": "1.2.3",
	} {
		if got[name] != want {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	expires, err := time.Parse(time.RFC3339, got["expires"].(string))
	if left := time.Until(expires); err != nil || left > 12*time.Hour || left < 11*time.Hour {
		t.Errorf("it expires at %v", got["expires"])
	}
	line := w.Header().Get("Set-Cookie")
	name, attributes, _ := strings.Cut(line, "; ")
	id, _ := strings.CutPrefix(name, "gangway-console=")
	if attributes != "Path=/console/; HttpOnly; Secure; SameSite=Strict" || len(id) != 43 {
		t.Errorf("the cookie is %q", line)
	}
	token, _ := got["token"].(string)
	id = signedIn(t, w)
	again := s.serve(ask(http.MethodGet, "/console/session", "", id))
	if again.Code != http.StatusOK || again.Body.String() != strings.Replace(w.Body.String(), `,"token":"`+token+`"`, "", 1) || again.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("afterwards: %d %s", again.Code, again.Body)
	}
	if strings.Contains(w.Body.String(), rootKey.Secret) {
		t.Error("the secret is shown")
	}
	// Another session takes its place, in the same browser and in no other.
	other := s.signIn(t, rootKey)
	next := signedIn(t, s.serve(ask(http.MethodPost, "/console/session", typed(rootKey), id)))
	if s.status(id) != 401 || s.status(next) != 200 || s.status(other) != 200 || next == id {
		t.Error("a new session of a browser does not take the place of the old one, or of another one")
	}
	out := s.serve(ask(http.MethodDelete, "/console/session", "", next))
	if cleared := out.Header().Get("Set-Cookie"); out.Code != http.StatusNoContent || !strings.Contains(cleared, "gangway-console=; Path=/console/; Max-Age=0") {
		t.Errorf("signing out: %d, %q", out.Code, cleared)
	}
	if s.status(next) != 401 || s.status(other) != 200 {
		t.Error("signing out does not end this session alone")
	}
	if w := s.serve(ask(http.MethodGet, "/console/session?quiet", "", next)); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("asking quietly: %d %s", w.Code, w.Body)
	}
	if w := s.serve(ask(http.MethodGet, "/console/session?quiet", "", other)); w.Code != http.StatusOK {
		t.Errorf("asking quietly for a session: %d", w.Code)
	}
	if out := s.serve(ask(http.MethodDelete, "/console/session", "", next)); out.Code != http.StatusNoContent {
		t.Errorf("signing out again: %d", out.Code)
	}
}

// TestCookieOfAnother: a program on another port can set a cookie of the same name, and shall not sign anybody out by it.
func TestCookieOfAnother(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	if got := s.status(strings.Repeat("planted; gangway-console=", 60) + cookie); got != http.StatusOK {
		t.Errorf("behind many: got %d", got)
	}
	// A session of the other program's own, put before it, is not the one that is used.
	theirs, _, _ := strings.Cut(s.signIn(t, s.mustKey("other", time.Time{})), ".")
	w := s.serve(ask(http.MethodGet, "/console/api/v2/apis", "", theirs+"; gangway-console="+cookie))
	var seen sight
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || seen.Key != rootKey.ID {
		t.Errorf("it was asked as %s, %v", w.Body, err)
	}
}

// TestStolenCookie: browsers send the cookie to every port of a host. Who listens there knows everything but the token.
func TestStolenCookie(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	id, token, _ := strings.Cut(cookie, ".")
	other, otherToken, _ := strings.Cut(s.signIn(t, s.mustKey("other", time.Time{})), ".")
	for label, stolen := range map[string]string{
		"no token": id + ".1", "the cookie as token": id + "." + id, "the token of another": id + "." + otherToken,
		"the token alone": "x." + token, "another's cookie": other + "." + token,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if w := s.serve(ask(method, "/console/api/v2/apis", "{}", stolen)); w.Code != http.StatusUnauthorized {
				t.Errorf("%s: %s: got %d %s", label, method, w.Code, w.Body)
			}
		}
		if got := s.status(stolen); got != http.StatusUnauthorized {
			t.Errorf("%s: who is signed in: got %d", label, got)
		}
		if w := s.serve(ask(http.MethodGet, "/console/session?quiet", "", stolen)); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
			t.Errorf("%s: asked quietly: got %d %s", label, w.Code, w.Body)
		}
		s.serve(ask(http.MethodDelete, "/console/session", "", stolen))
	}
	if got := s.status(cookie); got != http.StatusOK {
		t.Errorf("afterwards: got %d", got)
	}
}

func TestSignInFailures(t *testing.T) {
	s := newStand(t, nil)
	session := s.mustKey("temporary", time.Now().Add(time.Hour))
	expired := session
	from := 0
	try := func(key sigv4.Key) *httptest.ResponseRecorder {
		r := ask(http.MethodPost, "/console/session", typed(key), "")
		from++
		r.RemoteAddr = "10.0.0." + strconv.Itoa(from) + ":1"
		return s.serve(r)
	}
	want := try(sigv4.Key{ID: "GWAKNOBODY", Secret: "x"}).Body.String()
	for label, key := range map[string]sigv4.Key{
		"no key": {}, "no secret": {ID: rootKey.ID}, "a wrong secret": {ID: rootKey.ID, Secret: "x"},
		"a token too many": {ID: rootKey.ID, Secret: rootKey.Secret, SessionToken: "x"},
		"no token":         {ID: session.ID, Secret: session.Secret},
		"a wrong token":    {ID: session.ID, Secret: session.Secret, SessionToken: "x"},
		"shifted":          {ID: session.ID, Secret: session.Secret + session.SessionToken},
	} {
		if w := try(key); w.Code != http.StatusUnauthorized || w.Body.String() != want || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %s", label, w.Code, w.Body)
		}
	}
	if w := try(session); w.Code != http.StatusOK {
		t.Errorf("a temporary key: got %d %s", w.Code, w.Body)
	}
	expired.Expires = time.Now().Add(-time.Second)
	s.mustKey("temporary", expired.Expires)
	if w := try(session); w.Code != http.StatusUnauthorized {
		t.Errorf("an expired key: got %d", w.Code)
	}
	for label, r := range map[string]*http.Request{
		"400 no JSON":   ask(http.MethodPost, "/console/session", "secret", ""),
		"400 wrong":     ask(http.MethodPost, "/console/session", `{"accessKeyId":1}`, ""),
		"413 much":      ask(http.MethodPost, "/console/session", `"`+strings.Repeat("x", 20000)+`"`, ""),
		"403 plain":     ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "http://gw.test"),
		"403 foreign":   ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "http://localhost:3000"),
		"403 no origin": ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", ""),
		"403 sandbox":   ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "null"),
		"403 no header": ask(http.MethodPost, "/console/session", typed(rootKey), "", "X-Gangway-Console", ""),
		"403 cross":     ask(http.MethodPost, "/console/session", typed(rootKey), "", "Sec-Fetch-Site", "same-site"),
	} {
		w := s.serve(r)
		status, _, _ := strings.Cut(label, " ")
		if strconv.Itoa(w.Code) != status || strings.Contains(w.Body.String(), "secret\"") || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %s", label, w.Code, w.Body)
		}
	}
}

// TestPlainFromAfar: a browser would not keep the cookie, so it is told what to do; behind TLS all is well.
func TestPlainFromAfar(t *testing.T) {
	s := newStand(t, nil)
	r := ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "https://"+host)
	if w := s.serve(r); w.Code != http.StatusOK {
		t.Errorf("behind TLS: %d %s", w.Code, w.Body)
	}
	r = ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "http://[::1]:8081")
	r.Host = "[::1]:8081"
	if w := s.serve(r); w.Code != http.StatusOK {
		t.Errorf("on the loopback interface: %d %s", w.Code, w.Body)
	}
	r = ask(http.MethodPost, "/console/session", typed(rootKey), "", "Origin", "http://gw.test:8081")
	r.Host = "gw.test:8081"
	if w := s.serve(r); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "TLS") || !strings.Contains(w.Body.String(), "ssh -L") {
		t.Errorf("from afar: %d %s", w.Code, w.Body)
	}
}

func TestFailuresAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		wrong := sigv4.Key{ID: rootKey.ID, Secret: "x"}
		from := func(address string, key sigv4.Key) *httptest.ResponseRecorder {
			r := ask(http.MethodPost, "/console/session", typed(key), "")
			r.RemoteAddr = address
			return s.serve(r)
		}
		for i := range 10 {
			if w := from("192.0.2.1:"+strconv.Itoa(i+1), wrong); w.Code != http.StatusUnauthorized {
				t.Fatalf("failure %d: %d", i+1, w.Code)
			}
		}
		w := from("[::ffff:192.0.2.1]:9", wrong)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" {
			t.Errorf("failure 11: %d, %q", w.Code, w.Header())
		}
		if w := from("192.0.2.1:9", rootKey); w.Code != http.StatusOK {
			t.Errorf("the right key after 11 failures: %d %s", w.Code, w.Body)
		}
		if w := from("192.0.2.2:9", wrong); w.Code != http.StatusUnauthorized {
			t.Errorf("from another address: %d", w.Code)
		}
		<-time.After(time.Minute)
		if w := from("192.0.2.1:9", wrong); w.Code != http.StatusUnauthorized {
			t.Errorf("a minute later: %d", w.Code)
		}
		for i := range 11 { // addresses of one subscriber
			w = from("[2001:db8::"+strconv.Itoa(i+1)+"]:9", wrong)
		}
		if w.Code != http.StatusTooManyRequests {
			t.Errorf("failure 11 of a network: %d", w.Code)
		}
		for i := range 5000 { // of which not all can be remembered
			from("10."+strconv.Itoa(i>>16)+"."+strconv.Itoa(i>>8&255)+"."+strconv.Itoa(i&255)+":9", wrong)
		}
		if w := from("10.0.0.1:9", rootKey); w.Code != http.StatusOK {
			t.Errorf("the right key after many failures: %d", w.Code)
		}
		s.end()
	})
}

func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		wait := func(d time.Duration) { <-time.After(d) }
		wantStatus := func(label, cookie string, want int, header ...string) {
			t.Helper()
			if got := s.status(cookie, header...); got != want {
				t.Errorf("%s: got %d, want %d", label, got, want)
			}
		}
		cookie := s.signIn(t, rootKey)
		for range 23 {
			wait(29 * time.Minute)
			wantStatus("in use", cookie, 200)
		}
		wait(29 * time.Minute) // 11:36
		wantStatus("in use", cookie, 200)
		wait(24*time.Minute - time.Second)
		wantStatus("before 12 h", cookie, 200)
		wait(time.Second)
		wantStatus("after 12 h", cookie, 401)

		cookie = s.signIn(t, rootKey)
		wait(20 * time.Minute)
		wantStatus("asked for by a page itself", cookie, 200, "X-Gangway-Background", "1")
		wait(10 * time.Minute)
		wantStatus("30 min after a person asked", cookie, 401)

		cookie = s.signIn(t, s.mustKey("short", time.Now().Add(10*time.Minute)))
		if w := s.serve(ask(http.MethodGet, "/console/session", "", cookie)); !strings.Contains(w.Body.String(), time.Now().Add(10*time.Minute).UTC().Format(time.RFC3339)) {
			t.Errorf("it does not say when it expires: %s", w.Body)
		}
		wait(10*time.Minute - time.Nanosecond)
		wantStatus("before the key expires", cookie, 200)
		wait(time.Nanosecond)
		wantStatus("after", cookie, 401)

		cookie = s.signIn(t, s.mustKey("gone", time.Time{}))
		s.callers.Replace(nil)
		wantStatus("deleted", cookie, 401)
		s.mustKey("gone", time.Time{})
		wantStatus("made again after it was found to be gone", cookie, 401)

		cookie = s.signIn(t, s.mustKey("rotated", time.Time{}))
		var credential gateway.Credential
		credential.Name, credential.AccessKeyID, credential.SecretAccessKey = "rotated", "GWAKROTATED", "another secret"
		s.callers.Replace([]gateway.Credential{credential})
		wantStatus("another secret", cookie, 401)

		cookie = s.signIn(t, rootKey)
		s.end()
		wantStatus("stopped", cookie, 401)
		if w := s.serve(ask(http.MethodPost, "/console/session", typed(rootKey), "")); w.Code != http.StatusServiceUnavailable {
			t.Errorf("signing in afterwards: %d", w.Code)
		}
	})
}

// TestSessionsAreBounded: the oldest of a key make room for new ones, and nobody else does.
func TestSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		mine := s.signIn(t, rootKey)
		other := s.mustKey("other", time.Time{})
		var theirs []string
		for range 51 {
			<-time.After(time.Second)
			theirs = append(theirs, s.signIn(t, other))
		}
		if s.status(mine) != 200 || s.status(theirs[0]) != 401 || s.status(theirs[1]) != 200 || s.status(theirs[50]) != 200 {
			t.Error("it is not the oldest session of the same key that has made room")
		}
		s.end()
	})
}

func TestHammerSessions(t *testing.T) {
	s := newStand(t, nil)
	key := s.mustKey("hammer", time.Time{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				cookie := s.signIn(t, key)
				if got := s.status(cookie); got != http.StatusOK && got != http.StatusUnauthorized { // another one may have made it go
					t.Errorf("got %d", got)
				}
				if w := s.serve(ask(http.MethodGet, "/console/api/v2/apis", "", cookie)); w.Code != http.StatusTeapot && w.Code != http.StatusUnauthorized {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				if i%2 == 0 {
					s.serve(ask(http.MethodDelete, "/console/session", "", cookie))
				}
				if s.status(cookie) == http.StatusOK && i%2 == 0 {
					t.Error("a session that was ended is still there")
				}
			}
		})
	}
	all.Wait()
	s.end()
}
