package edge_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"gangway/internal/edge"
)

// TestProxied: whom to believe about where a request came from.
func TestProxied(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, row := range []struct {
		name, peer  string
		forwarded   []string
		proto, want string
		secure      bool
	}{
		{"nobody in between", "203.0.113.9:5", nil, "", "203.0.113.9:5", false},
		{"a client that claims", "203.0.113.9:5", []string{"192.0.2.1"}, "https", "203.0.113.9:5", false},
		{"a proxy", "10.1.1.1:5", []string{"192.0.2.1"}, "https", "192.0.2.1:0", true},
		{"a proxy behind a proxy", "10.1.1.1:5", []string{"192.0.2.1, 10.2.2.2"}, "http", "192.0.2.1:0", false},
		{"a client that claims to a proxy", "10.1.1.1:5", []string{"127.0.0.1, 192.0.2.1"}, "", "192.0.2.1:0", false},
		{"two lines", "10.1.1.1:5", []string{"127.0.0.1", "192.0.2.1"}, "", "192.0.2.1:0", false},
		{"a client inside", "10.1.1.1:5", []string{"10.3.3.3"}, "", "10.3.3.3:0", false},
		{"no address", "10.1.1.1:5", []string{"192.0.2.1, unknown"}, "", "10.1.1.1:5", false},
		{"no address before a proxy's", "10.1.1.1:5", []string{"unknown, 10.2.2.2"}, "", "10.2.2.2:0", false},
		{"nothing", "10.1.1.1:5", []string{""}, "", "10.1.1.1:5", false},
		{"IPv6", "[fd00::1]:5", []string{"[2001:db8::1]:77"}, "", "[2001:db8::1]:0", false},
		{"IPv4 in IPv6", "[::ffff:10.1.1.1]:5", []string{"::ffff:192.0.2.1"}, "", "192.0.2.1:0", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = row.peer, row.forwarded
		if row.proto != "" {
			r.Header.Set("X-Forwarded-Proto", row.proto)
		}
		edge.Proxied(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != row.want || (r.TLS != nil) != row.secure {
				t.Errorf("%s: got %s, secure %v", row.name, r.RemoteAddr, r.TLS != nil)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}
