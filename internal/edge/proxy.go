package edge

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxied tells a handler of requests that came by way of a trusted proxy who the client is, by r.RemoteAddr, and by r.TLS
// whether it came by TLS: as X-Forwarded-For and X-Forwarded-Proto say, the header fields that proxies have agreed on. Of the
// addresses in the first, the last one counts that is no trusted proxy's: whoever is before it can write what it likes.
// Without trusted proxies nobody is believed.
func Proxied(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, ok := addressOf(r.RemoteAddr); ok && among(trusted, peer) {
			client, known := forwardedClient(trusted, r.Header.Values("X-Forwarded-For"))
			if known {
				r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
			}
			if proto := r.Header.Values("X-Forwarded-Proto"); len(proto) == 1 {
				switch strings.ToLower(strings.TrimSpace(proto[0])) {
				case "https":
					r.TLS = cmp.Or(r.TLS, &tls.ConnectionState{}) // of which nothing is known but that there is one
				case "http":
					r.TLS = nil // that of the proxy is not the client's
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedClient is the last address in X-Forwarded-For that is no trusted proxy's; not known if what stands there is none.
func forwardedClient(trusted []netip.Prefix, lines []string) (client netip.Addr, known bool) {
	entries := strings.Split(strings.Join(lines, ","), ",")
	for _, entry := range slices.Backward(entries) {
		address, ok := addressOf(strings.TrimSpace(entry))
		if !ok {
			return client, known
		}
		client, known = address, true
		if !among(trusted, address) {
			break
		}
	}
	return client, known
}

// addressOf reads an address, with or without a port.
func addressOf(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return address.Unmap().WithZone(""), err == nil
}

func among(all []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(address) })
}
