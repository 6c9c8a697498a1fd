package edge

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// newEvent makes an event of a connection, without what only some types have.
func newEvent(kind gateway.EventType, c *gateway.Connection, now time.Time) *gateway.Event {
	return &gateway.Event{Type: kind, Connection: c, RequestID: gateway.NewRequestID(), Time: now}
}

// headerOf are the fields of a handshake as backends may see them: in the client's spelling and order where they were
// remembered, without those that concern one hop only (RFC 9110 section 7.6.1) and without claims about where the request
// came from, which only we can make. Connection and Upgrade stay: authorizers of API Gateway see them.
func headerOf(r *http.Request, domainName string) gateway.Params {
	fields := spelledHeader(r)
	if fields == nil {
		fields = canonicalHeader(r)
	}
	named := connectionOptions(r.Header)
	fields = fields.Without(func(name string) bool {
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		return hopByHop[name] || slices.Contains(named, name) || name == "forwarded" || strings.HasPrefix(name, "x-forwarded-")
	})
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

// hopByHop are the fields that end here, whether or not Connection names them.
var hopByHop = map[string]bool{
	"keep-alive": true, "proxy-authenticate": true, "proxy-authorization": true, "proxy-connection": true, "te": true,
	"trailer": true, "transfer-encoding": true,
}

// connectionOptions are the fields that Connection names, but for those of the handshake itself.
func connectionOptions(h http.Header) []string {
	var names []string
	for _, value := range h.Values("Connection") {
		for name := range strings.SplitSeq(value, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "upgrade" && name != "host" && !strings.HasPrefix(name, "sec-websocket-") {
				names = append(names, name)
			}
		}
	}
	return names
}

// canonicalHeader is the header as net/http keeps it: names in canonical form, in alphabetical order.
func canonicalHeader(r *http.Request) gateway.Params {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := gateway.Params{{Name: "Host", Value: r.Host}}
	for _, name := range names {
		for _, value := range r.Header[name] {
			fields = append(fields, gateway.Param{Name: name, Value: value})
		}
	}
	return fields
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

// sourceIP is the address of the other end of the socket: no header can change it.
func sourceIP(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return addr.Addr().Unmap().WithZone("").String()
}
