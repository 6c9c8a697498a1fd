package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// TestAccepted has requests that are unusual and yet good.
func TestAccepted(t *testing.T) {
	for _, tt := range []struct {
		name, form string
		before     func(c *call)
		after      func(r *http.Request, body *[]byte)
	}{
		{name: "query order", after: onWire("b=x%20y&a=1", "a=1&b=x%20y")},
		{name: "empty parameter", after: onWire("&a=1", "&&a=1")},
		{name: "one name, many values", before: func(c *call) { c.query = "a=3&b&a=1&a=2" }},
		{name: "value without equal sign", before: func(c *call) { c.query = "a=" }, after: onWire("?a=", "?a")},
		{name: "escapes in lower case", before: func(c *call) { c.query = "a=%2F" }, after: onWire("?a=%2F", "?a=%2f")},
		{name: "needless escape", before: func(c *call) { c.query = "a=A" }, after: onWire("?a=A", "?a=%41")},
		{name: "missing escape", before: func(c *call) { c.query = "a=%3A" }, after: onWire("?a=%3A", "?a=:")},
		{name: "white space in a header", before: func(c *call) { c.setHeader("My-Header", "a b") }, after: wire(func(r *http.Request) {
			r.Header.Set("My-Header", "\t a   b ")
		})},
		{name: "header not signed", after: wire(func(r *http.Request) { r.Header.Set("User-Agent", "x") })},
		{name: "trace id not signed", after: wire(func(r *http.Request) { r.Header.Set("X-Amzn-Trace-Id", "x") })},
		{name: "behind CloudFront", after: wire(func(r *http.Request) { r.Header.Set("X-Amz-Cf-Id", "x") })},
		{name: "long header name", before: func(c *call) { c.setHeader("X-"+strings.Repeat("long-", 20)+"name", "x") }},
		{name: "hash of the body", before: func(c *call) { c.setHeader("X-Amz-Content-Sha256", referenceHash(c.body)) }},
		{name: "no spaces in the header", form: "header", after: func(r *http.Request, _ *[]byte) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ", ", ","))
		}},
		{name: "unknown part of the header", form: "header", after: onWire(", Signed", ", Extra=x, Signed")},
		{name: "date header", form: "header", before: func(c *call) {
			c.header.Del("X-Amz-Date")
			c.signed = remove(c.signed, "x-amz-date")
			c.setHeader("Date", testTime.Format(http.TimeFormat))
		}},
		{name: "as old as can be", before: at(-300 * time.Second)},
		{name: "as new as can be", before: at(300 * time.Second)},
		{name: "expires now", form: "query", before: func(c *call) { c.expires = "604800"; at(-604800 * time.Second)(c); c.day = "20240212" }},
		{name: "token after signing", form: "query", before: func(c *call) { c.key = temporary; c.key.SessionToken = "" }, after: onWire("&X-Amz-Signature", "&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2F%2F%2B%3D%3D&X-Amz-Signature")},
		{name: "token in a signed header", form: "query", before: func(c *call) {
			c.key = temporary
			c.key.SessionToken = ""
			c.setHeader("X-Amz-Security-Token", temporary.SessionToken)
		}},
	} {
		for _, form := range []string{"header", "query"} {
			if tt.form != "" && tt.form != form {
				continue
			}
			t.Run(tt.name+"/"+form, func(t *testing.T) {
				c := newCall(form, "POST", paths[0], "hello", permanent)
				if tt.before != nil {
					tt.before(c)
				}
				r, body := c.request(), []byte(c.body)
				if tt.after != nil {
					tt.after(r, &body)
				}
				if err := testVerifier().Check(r); err != nil {
					t.Error(err)
				}
				if _, err := testVerifier().Verify(r, body); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestRefused has requests that carry no signature at all, or next to none.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, target, auth, code, text string }{
		{"no header", "/prod", "", missing, "Missing Authentication Token"},
		{"empty header", "/prod", "", missing, "Missing Authentication Token"},
		{"bearer", "/prod", "Bearer secret", incomplete, "v/3iBBM0e3oA4TY94/l8pp5BncCupV9KSnUBj6s6Do4="},
		{"only a credential", "/prod", "AWS4-HMAC-SHA256 Credential=secret", incomplete, "requires 'Signature'"},
		{"only the algorithm", "/prod", "AWS4-HMAC-SHA256", incomplete, "missing equal-sign"},
		{"only commas", "/prod", "AWS4-HMAC-SHA256 ,,,", incomplete, "missing equal-sign"},
		{"one parameter", "/prod?X-Amz-Signature=00", "", incomplete, "must include 'X-Amz-Algorithm'. AWS query-string"},
		{"lower case", "/prod?x-amz-signature=00", "", missing, ""},
		{"no path", "*", "", badRequest, "target"},
		{"empty target", "", "", badRequest, "target"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := serverRequest("GET", tt.target, "")
			if tt.target == "" {
				r.URL = nil
			}
			r.Header.Set("Authorization", tt.auth)
			if tt.name == "no header" || strings.Contains(tt.target, "?X-") {
				r.Header.Del("Authorization")
			}
			_, err := testVerifier().Verify(r, nil)
			wantError(t, err, tt.code, tt.text)
			wantError(t, testVerifier().Check(r), tt.code, tt.text)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v shows the header", err)
			}
		})
	}
}

func TestCheckFindsWhatNeedsNoBody(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		before     func(c *call)
	}{
		{"unknown key", unrecognized, func(c *call) { setToken("")(c); c.key.ID = "AKIDNOBODY" }},
		{"token", unrecognized, setToken("foreign")},
		{"too old", invalid, at(-301 * time.Second)},
		{"service", invalid, func(c *call) { c.service = "s3" }},
		{"unsigned payload", invalid, payload("UNSIGNED-PAYLOAD")},
	} {
		c := newCall("header", "POST", paths[0], "hello", temporary)
		tt.before(c)
		t.Run(tt.name, func(t *testing.T) { wantError(t, testVerifier().Check(c.request()), tt.code, "") })
	}
}

func TestKeys(t *testing.T) {
	expiring := temporary
	expiring.Expires = testTime
	empty := permanent
	empty.Secret = ""
	for _, tt := range []struct {
		name    string
		signer  sigv4.Key
		v       *sigv4.Verifier
		refusal string
	}{
		{"expired", expiring, verifierOf(testRegion, testService, testTime, expiring), "ExpiredTokenException"},
		{"expires in a second", expiring, verifierOf(testRegion, testService, testTime.Add(-time.Second), expiring), ""},
		{"empty secret", empty, verifierOf(testRegion, testService, testTime, empty), unrecognized},
		{"no keys", permanent, verifierOf(testRegion, testService, testTime), unrecognized},
		{"nil keys", permanent, &sigv4.Verifier{
			Region: testRegion, Service: testService, Now: func() time.Time { return testTime },
		}, unrecognized},
		{"zero verifier", permanent, &sigv4.Verifier{}, invalid},
		{"no service", permanent, verifierOf(testRegion, "", testTime, permanent), invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.v.Verify(newCall("header", "GET", "/prod", "", tt.signer).request(), nil)
			if tt.refusal != "" {
				wantError(t, err, tt.refusal, "")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestZeroVerifierRefusesItsOwnScope(t *testing.T) {
	c := newCall("header", "GET", "/prod", "", permanent)
	c.region, c.service = "", ""
	v := verifierOf("", "", testTime, permanent)
	_, err := v.Verify(c.request(), nil)
	wantError(t, err, invalid, "valid region")
	c.region, v.Region = testRegion, testRegion
	_, err = v.Verify(c.request(), nil)
	wantError(t, err, invalid, "correct service")
}

func TestSkew(t *testing.T) {
	v := testVerifier()
	v.Skew = time.Minute
	c := newCall("header", "GET", "/prod", "", permanent)
	at(-61 * time.Second)(c)
	_, err := v.Verify(c.request(), nil)
	wantError(t, err, invalid, "1 min.")

	// Parts of a second do not count: a signature has none.
	v.Now = func() time.Time { return testTime.Add(900 * time.Millisecond) }
	at(-60 * time.Second)(c)
	if _, err := v.Verify(c.request(), nil); err != nil {
		t.Error(err)
	}
}

func TestRealClock(t *testing.T) {
	v := testVerifier()
	v.Now = nil
	r := serverRequest("GET", "/prod", "")
	sigv4.Sign(r, nil, permanent, testRegion, testService, time.Now())
	if _, err := v.Verify(r, nil); err != nil {
		t.Error(err)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	long := strings.Repeat("long", 10<<10)
	for name, before := range map[string]func(c *call){
		"canonical": func(c *call) { c.key.Secret = "x"; c.query = "a=" + long },
		"list":      func(c *call) { c.signed = append(c.signed, long, long) },
		"region":    func(c *call) { c.region = long },
		"date":      setDate(long),
	} {
		c := newCall("header", "GET", "/prod", "", permanent)
		before(c)
		_, err := testVerifier().Verify(c.request(), nil)
		if err == nil || len(err.Error()) > 2<<10 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// TestInjective tries signed headers that would write lines of their own into the canonical request.
func TestInjective(t *testing.T) {
	c := newCall("query", "GET", "/prod", "", permanent)
	c.signed = []string{"content-length", "content-type", "host", "host:x\nhost", "x-amz-meta"}
	_, err := testVerifier().Verify(c.request(), nil)
	wantError(t, err, invalid, "not in the request")
}
