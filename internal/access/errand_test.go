package access_test

import (
	"crypto/tls"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/sigv4"
)

// TestErrand: a request on behalf of another is signed, and policies see the same of it.
func TestErrand(t *testing.T) {
	from := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/elsewhere", http.NoBody)
	from.RemoteAddr, from.TLS = "192.0.2.7:50000", &tls.ConnectionState{}
	from.Header.Set("User-Agent", "browser")
	from.Header.Set("X-Forwarded-For", "192.0.2.8")
	key := sigv4.Key{ID: "GWRTROOT", Secret: "secret", SessionToken: "token"}
	e := access.Errand{
		Method: http.MethodPost, Target: "/v2/apis?a=b%20c", Host: "gateway.test:8081", Header: http.Header{"Content-Type": {"application/json"}},
		Body: []byte(`{"a":1}`), Key: key, Region: "eu-west-1", Service: "apigateway",
	}
	r, err := e.Request(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	v := &sigv4.Verifier{Region: e.Region, Service: e.Service, Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID }}
	if who, err := v.Verify(r, e.Body); err != nil || who.AccessKeyID != key.ID {
		t.Errorf("signed by %v, %v", who, err)
	}
	now := time.Now()
	if got, want := access.Facts(r, now), access.Facts(from, now); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("policies see %v, not %v", got, want)
	}
	if r.RequestURI != e.Target || r.URL.RawQuery != "a=b%20c" || r.Header.Get("X-Forwarded-For") != "" || e.Header.Get("Authorization") != "" {
		t.Errorf("got %s, %v; the errand has %v", r.RequestURI, r.Header, e.Header)
	}
	e.Target = "%zz"
	if _, err := e.Request(t.Context(), from); err == nil {
		t.Error("a path that cannot be read is sent")
	}
}
