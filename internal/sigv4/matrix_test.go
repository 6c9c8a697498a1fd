package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

var paths = []string{
	"/prod/@connections/R0oXAd%2FD0kw%2BCH6w%3D",
	"/prod/%40connections/R0oXAdfD0kwCH6w%3D",
	"/prod/@connections/R0oXAdfD0kwCH6w%3D",
	"/prod/@connections/R0oXAdfD0kwCH6w%3d",
	"/prod/@connections/R0oXAdfD0kwCH6w=",
}

// A mutation makes a good call bad, before it is signed or on the wire.
type mutation struct {
	name   string
	form   string // if only for one
	code   string
	text   string
	before func(c *call)
	after  func(r *http.Request, body *[]byte)
}

const (
	incomplete   = "IncompleteSignatureException"
	invalid      = "InvalidSignatureException"
	unrecognized = "UnrecognizedClientException"
	badRequest   = "BadRequestException"
	missing      = "MissingAuthenticationTokenException"
	differs      = "The request signature we calculated does not match"
)

// onWire replaces text wherever a signature may stand: in the target or in the Authorization header.
func onWire(old, changed string) func(r *http.Request, body *[]byte) {
	return func(r *http.Request, _ *[]byte) {
		r.RequestURI = strings.Replace(r.RequestURI, old, changed, 1)
		if auth := r.Header.Get("Authorization"); auth != "" {
			r.Header.Set("Authorization", strings.Replace(auth, old, changed, 1))
		}
	}
}

// onSignature changes the 64 digits, which in both forms come last.
func onSignature(change func(s string) string) func(r *http.Request, body *[]byte) {
	return func(r *http.Request, _ *[]byte) {
		if auth := r.Header.Get("Authorization"); auth != "" {
			r.Header.Set("Authorization", auth[:len(auth)-64]+change(auth[len(auth)-64:]))
			return
		}
		uri := r.RequestURI
		r.RequestURI = uri[:len(uri)-64] + change(uri[len(uri)-64:])
	}
}

func flip(s string, i int) string {
	digit := byte('0')
	if s[i] == digit {
		digit = '1'
	}
	return s[:i] + string(digit) + s[i+1:]
}

func at(d time.Duration) func(c *call) {
	return func(c *call) {
		c.date = testTime.Add(d).Format("20060102T150405Z")
		if c.form == "header" {
			c.header.Set("X-Amz-Date", c.date)
		}
	}
}

func payload(value string) func(c *call) {
	return func(c *call) {
		c.setHeader("X-Amz-Content-Sha256", value)
		c.payload = value
	}
}

func wire(change func(r *http.Request)) func(r *http.Request, body *[]byte) {
	return func(r *http.Request, _ *[]byte) { change(r) }
}

func setToken(token string) func(c *call) {
	return func(c *call) {
		c.key.SessionToken = token
		if c.form == "query" {
			return
		}
		c.header.Del("X-Amz-Security-Token")
		c.signed = remove(c.signed, "x-amz-security-token")
		if token != "" {
			c.setHeader("X-Amz-Security-Token", token)
		}
	}
}

func remove(list []string, name string) (kept []string) {
	for _, item := range list {
		if item != name {
			kept = append(kept, item)
		}
	}
	return kept
}

// TestMatrix accepts every kind of request that clients send, and refuses each of them once it is changed in any one way.
func TestMatrix(t *testing.T) {
	v := testVerifier()
	accepted, refused := 0, 0
	for _, form := range []string{"header", "query"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			for _, path := range paths {
				for _, body := range []string{"", "hello", strings.Repeat("x", 128<<10)} {
					for _, key := range []sigv4.Key{permanent, temporary} {
						id, err := v.Verify(newCall(form, method, path, body, key).request(), []byte(body))
						if err != nil || id.AccessKeyID != key.ID {
							t.Fatalf("%s %s %s: %v", form, method, path, err)
						}
						accepted++
						refused += refuseAll(t, v, form, method, path, body, key)
					}
				}
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}

// refuseAll tries every mutation of one call; with a large body only those of the body, the others being the same.
func refuseAll(t *testing.T, v *sigv4.Verifier, form, method, path, body string, key sigv4.Key) (tried int) {
	t.Helper()
	for _, m := range mutations {
		large := len(body) > 1000 && !strings.HasPrefix(m.name, "body")
		if m.form != "" && m.form != form || large {
			continue
		}
		c := newCall(form, method, path, body, key)
		if m.before != nil {
			m.before(c)
		}
		r, sentBody := c.request(), []byte(body)
		if m.after != nil {
			m.after(r, &sentBody)
		}
		id, err := v.Verify(r, sentBody)
		if err == nil || id != nil {
			t.Fatalf("%s: accepted: %s %s %s %v", m.name, form, method, r.RequestURI, r.Header)
		}
		wantError(t, err, m.code, m.text)
		if t.Failed() {
			t.Fatalf("%s: %s %s %s %v", m.name, form, method, r.RequestURI, r.Header)
		}
		tried++
	}
	return tried
}
