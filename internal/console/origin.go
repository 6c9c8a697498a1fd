package console

import (
	"net/http"
	"net/url"
	"strings"

	"gangway/internal/gateway"
)

// fieldName is a header field that pages send with every request: the token of their session, or whatever they like where they
// have none. Another site can have a browser send it only if we agree when the browser asks (the Fetch standard, "CORS-preflight
// fetch"), and we never answer that; and a program that a browser has handed the cookie to, because it listens on another port of the
// host, does not know the token.
const fieldName = "X-Gangway-Console"

// backgroundField is there where no person has asked: such a request does not keep a session open.
const backgroundField = "X-Gangway-Background"

// A WebSocket of a page has no header fields but the names of subprotocols (RFC 6455 section 4.1): ours, and behind a prefix the token.
const (
	bridgeProtocol = "gangway-console"
	tokenPrefix    = "gangway-token."
)

// tokenOf is what the page of a WebSocket shows; empty: nothing.
func tokenOf(r *http.Request) string {
	for name := range strings.SplitSeq(strings.Join(r.Header.Values("Sec-Websocket-Protocol"), ","), ",") {
		if token, ours := strings.CutPrefix(strings.TrimSpace(name), tokenPrefix); ours {
			return token
		}
	}
	return ""
}

var errForeign = refuse(http.StatusForbidden, "The request does not come from a page of this console: its Origin is another "+
	"host than the one it was sent to. A proxy in between must pass on the Host that the browser has sent")

// checkSource makes sure that a request was sent by a page of ours.
func checkSource(r *http.Request) error {
	if r.Header.Get(fieldName) == "" {
		return refuse(http.StatusForbidden, "The header field "+fieldName+" is missing")
	}
	return checkOrigin(r, r.Method != http.MethodGet && r.Method != http.MethodHead)
}

// checkOrigin makes sure that a browser says of a request that this host's page has sent it, so far as it says anything. An
// Origin must be there if it is wanted: browsers send it with whatever may change something, and with WebSockets.
func checkOrigin(r *http.Request, wanted bool) error {
	if site := r.Header.Values("Sec-Fetch-Site"); len(site) > 0 && (len(site) > 1 || site[0] != "same-origin") {
		return errForeign
	}
	if len(r.Header.Values("Origin")) == 0 && !wanted {
		return nil
	}
	if origin := originOf(r); origin == nil || !strings.EqualFold(origin.Host, r.Host) {
		return errForeign
	}
	return nil
}

// originOf is the Origin of a request; nil: there is none, or not one of the web (RFC 6454 section 7).
func originOf(r *http.Request) *url.URL {
	values := r.Header.Values("Origin")
	if len(values) != 1 {
		return nil
	}
	origin, err := url.Parse(values[0])
	if err != nil || origin.Host == "" || values[0] != origin.Scheme+"://"+origin.Host {
		return nil
	}
	if origin.Scheme != "http" && origin.Scheme != "https" {
		return nil
	}
	return origin
}

// isSecure says whether nobody on the way from a page reads along, as far as its browser knows; from others, browsers take no
// cookie that is Secure (RFC 6265bis, "Secure").
func isSecure(origin *url.URL) bool {
	return origin.Scheme == "https" || gateway.IsLoopback(origin.Host)
}
