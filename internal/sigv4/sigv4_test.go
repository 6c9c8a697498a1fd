package sigv4_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

var (
	testTime  = time.Date(2024, 2, 19, 7, 11, 42, 0, time.UTC)
	permanent = sigv4.Key{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	temporary = sigv4.Key{ID: "ASIAEXAMPLE", Secret: "temporary+secret/EXAMPLE", SessionToken: "FwoGZXIvYXdzEXAMPLE//+=="}
)

const (
	testRegion  = "us-east-1"
	testService = "execute-api"
	testHost    = "abcdef1234.execute-api.us-east-1.amazonaws.com"
)

// verifierOf returns a verifier that knows these keys and stands still in time.
func verifierOf(region, service string, now time.Time, keys ...sigv4.Key) *sigv4.Verifier {
	return &sigv4.Verifier{
		Region: region, Service: service,
		Keys: func(id string) (sigv4.Key, bool) {
			for _, key := range keys {
				if key.ID == id {
					return key, true
				}
			}
			return sigv4.Key{}, false
		},
		Now: func() time.Time { return now },
	}
}

func testVerifier() *sigv4.Verifier {
	return verifierOf(testRegion, testService, testTime, permanent, temporary)
}

// serverRequest returns a request as net/http hands it to a server.
func serverRequest(method, target, body string) *http.Request {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		u = &url.URL{}
	}
	return &http.Request{
		Method: method, RequestURI: target, URL: u, Host: testHost, Header: http.Header{}, ContentLength: int64(len(body)),
	}
}

// clientRequest returns a request as a client makes it, with exactly this target.
func clientRequest(method, target string) *http.Request {
	path, query, _ := strings.Cut(target, "?")
	u := &url.URL{Scheme: "https", Host: testHost, Opaque: path, RawQuery: query}
	if strings.HasPrefix(path, "//") {
		u.Opaque, u.Path = "", path
	}
	return &http.Request{Method: method, URL: u, Header: http.Header{}}
}

// sent turns a client's request into the one that a server gets.
func sent(r *http.Request) *http.Request {
	out := r.Clone(context.Background())
	out.RequestURI = r.URL.RequestURI()
	out.Host = r.URL.Host
	return out
}

func dropParam(uri, name string) string {
	path, query, _ := strings.Cut(uri, "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(pair, name+"=") {
			kept = append(kept, pair)
		}
	}
	return path + "?" + strings.Join(kept, "&")
}

func mismatchText(canonical, toSign string) string {
	return "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key " +
		"and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should " +
		"have been\n'" + canonical + "'\n\nThe String-to-Sign should have been\n'" + toSign + "'\n"
}

// wantError wants a refusal with a code, and with a message that has this text in it.
func wantError(t *testing.T, err error, code, text string) {
	t.Helper()
	e, ok := errors.AsType[*sigv4.Error](err)
	if !ok {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	status := http.StatusForbidden
	if code == "BadRequestException" {
		status = http.StatusBadRequest
	}
	if e.Code != code || e.Status != status || !strings.Contains(e.Message, text) {
		t.Errorf("got  %d %s %q\nwant %d %s %q", e.Status, e.Code, e.Message, status, code, text)
	}
}
