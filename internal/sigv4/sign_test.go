package sigv4_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

func TestSign(t *testing.T) {
	r := clientRequest("POST", "/prod?b=x+y&a=1")
	r.ContentLength = 5
	r.Header = http.Header{
		"Content-Type": {"text/plain"}, "User-Agent": {"x"}, "X-Amzn-Trace-Id": {"x"}, "Sec-Websocket-Key": {"x"},
		"Proxy-Authorization": {"x"}, "Connection": {"x"}, "X-Amz-Security-Token": {"of an earlier key"},
	}
	sigv4.Sign(r, []byte("hello"), permanent, testRegion, testService, testTime)
	if r.URL.RawQuery != "b=x%20y&a=1" {
		t.Errorf("query %s", r.URL.RawQuery)
	}
	want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240219/us-east-1/execute-api/aws4_request, " +
		"SignedHeaders=content-length;content-type;host;x-amz-date, Signature="
	if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	if _, err := testVerifier().Verify(sent(r), []byte("hello")); err != nil {
		t.Error(err)
	}

	// A request may be signed again, by another key.
	sigv4.Sign(r, []byte("hello"), temporary, testRegion, testService, testTime.Add(time.Second))
	id, err := testVerifier().Verify(sent(r), []byte("hello"))
	if err != nil || id.AccessKeyID != temporary.ID || !id.SignedAt.Equal(testTime.Add(time.Second)) {
		t.Errorf("%+v, %v", id, err)
	}
}

// TestSignUnknownLength signs a body that net/http will send in chunks: there is no length to sign.
func TestSignUnknownLength(t *testing.T) {
	r := clientRequest("POST", "/prod")
	r.ContentLength = -1
	sigv4.Sign(r, []byte("hello"), permanent, testRegion, testService, testTime)
	if _, err := testVerifier().Verify(sent(r), []byte("hello")); err != nil {
		t.Error(err)
	}
}

func TestSignNeedsNoHeader(t *testing.T) {
	r := &http.Request{URL: &url.URL{Scheme: "http", Host: testHost}}
	sigv4.Sign(r, nil, permanent, testRegion, testService, testTime)
	if _, err := testVerifier().Verify(sent(r), nil); err != nil {
		t.Error(err)
	}
}

func TestPresign(t *testing.T) {
	r := clientRequest("GET", "/prod?room=a+b")
	r.Header = http.Header{"X-Amz-Meta": {"x"}, "Upgrade": {"websocket"}}
	for _, key := range []sigv4.Key{temporary, permanent} { // the second replaces the first
		sigv4.Presign(r, key, testRegion, testService, 5*time.Minute, testTime)
		id, err := testVerifier().Verify(sent(r), nil)
		if err != nil || !id.Presigned || id.AccessKeyID != key.ID || id.Signature != r.URL.Query().Get("X-Amz-Signature") {
			t.Errorf("%+v, %v", id, err)
		}
	}
	want := map[string]string{
		"room": "a b", "X-Amz-Expires": "300", "X-Amz-SignedHeaders": "host;x-amz-meta", "X-Amz-Security-Token": "",
	}
	for name, value := range want {
		if got := r.URL.Query().Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestPresignAgreesWithBotocore(t *testing.T) {
	r := clientRequest("GET", "/prod?room=a%20b")
	sigv4.Presign(r, permanent, testRegion, testService, 5*time.Minute, testTime)
	const want = "6afc33f4bfc987810afc983e38dba34df36f7774b31e2071c67319dbecb217af"
	if got := r.URL.Query().Get("X-Amz-Signature"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
