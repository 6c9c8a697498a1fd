package edge

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/http1"
)

// headerOf are the fields of a handshake as backends may see them: in the client's spelling and order if the server below knows
// them, without those that concern one hop only (RFC 9110 section 7.6.1) and without claims about where the request
// came from, which only we can make. Connection and Upgrade stay: authorizers of API Gateway see them.
func headerOf(r *http.Request, domainName string) gateway.Params {
	sent, named := sentHeader(r), connectionOptions(r.Header)
	fields := make(gateway.Params, 0, len(sent)+2)
	for _, field := range sent {
		if !isAmong(hopByHop, field.Name) && !isAmong(named, field.Name) && !claims(field.Name) {
			fields = append(fields, gateway.Param(field))
		}
	}
	scheme, port := "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	host, _, _ := strings.Cut(domainName, "/") // ours, whatever the client has sent
	if _, p, err := net.SplitHostPort(host); err == nil && p != "" {
		port = p
	}
	return append(fields, gateway.Param{Name: "X-Forwarded-Port", Value: port}, gateway.Param{Name: "X-Forwarded-Proto", Value: scheme})
}

// sentHeader is the header as the client has spelled and ordered it, if that is known.
func sentHeader(r *http.Request) []http1.Field {
	if sent := http1.Fields(r); sent != nil {
		return sent
	}
	return canonicalHeader(r)
}

// canonicalHeader is the header as net/http keeps it: names in canonical form, in alphabetical order.
func canonicalHeader(r *http.Request) []http1.Field {
	fields := []http1.Field{{Name: "Host", Value: r.Host}}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fields = append(fields, http1.Field{Name: name, Value: value})
		}
	}
	return fields
}

// hopByHop are the fields that end here, whether or not Connection names them.
var hopByHop = []string{
	"Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
}

// connectionOptions are the fields that Connection names, but for those of the handshake itself.
func connectionOptions(h http.Header) []string {
	var names []string
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			name = strings.TrimSpace(name)
			if !isLike(name, "Upgrade") && !isLike(name, "Host") && !hasPrefix(name, "Sec-WebSocket-") {
				names = append(names, name)
			}
		}
	}
	return names
}

// claims says whether a field is about where a request came from.
func claims(name string) bool { return isLike(name, "Forwarded") || hasPrefix(name, "X-Forwarded-") }

func isAmong(names []string, name string) bool {
	return slices.ContainsFunc(names, func(one string) bool { return isLike(name, one) })
}

// isLike compares names as backends may that make variables of them: case does not matter, and an underscore is a dash.
func isLike(name, other string) bool {
	if len(name) != len(other) {
		return false
	}
	for i := range len(name) {
		if plain(name[i]) != plain(other[i]) {
			return false
		}
	}
	return true
}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && isLike(name[:len(prefix)], prefix)
}

// plain is a character of a name without what does not matter.
func plain(c byte) byte {
	switch {
	case c == '_':
		return '-'
	case c >= 'A' && c <= 'Z':
		return c | 0x20
	default:
		return c
	}
}

// queryOf are the query parameters in order, decoded once. What cannot be decoded stays as it came.
func queryOf(raw string) gateway.Params {
	var query gateway.Params
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		query = append(query, gateway.Param{Name: unescape(name), Value: unescape(value)})
	}
	return query
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
