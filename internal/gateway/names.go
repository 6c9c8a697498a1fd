package gateway

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Names says under which names APIs are reached from outside.
type Names struct {
	Region string
	// Account is the twelve-digit account id in ARNs and in messages.
	Account string
	// Domain is the parent of API host names ({apiId}.execute-api.{region}.{domain}); empty if no such names resolve.
	Domain string
	// PublicURL is where the data listener is reached: scheme ws or wss, and host, no path.
	PublicURL string
	// Hosts are more hosts, with port where it is not that of the scheme, under which the data listener is reached.
	Hosts []string
	// Domains are custom domain names; nil: there are none.
	Domains *Domains
}

// Endpoint is the apiEndpoint of an API: Endpoint + "/" + stage is a URL that clients can connect to.
func (n Names) Endpoint(api string) string {
	if n.Domain == "" {
		return strings.TrimSuffix(n.PublicURL, "/") + "/" + api
	}
	scheme, _, _ := strings.Cut(n.PublicURL, "://")
	return scheme + "://" + api + ".execute-api." + n.Region + "." + n.Domain
}

// RouteARN is what a policy calls a route of a stage: arn:aws:execute-api:{region}:{account}:{api}/{stage}/{route key}.
func (n Names) RouteARN(stage StageKey, routeKey string) string {
	return "arn:aws:execute-api:" + n.Region + ":" + n.Account + ":" + stage.API + "/" + stage.Stage + "/" + routeKey
}

// Address is what a request to the data listener asks for.
type Address struct {
	Stage StageKey
	// DomainName is such that https://{DomainName}/{stage}/@connections/{id} reaches the connections of the stage, or, under a
	// custom domain name, https://{DomainName}/{mapping key}/@connections/{id}. It is always a name of ours, whatever host a
	// client has sent.
	DomainName string
	// Known says that the host is a name of ours, and Custom that it is a custom domain name.
	Known, Custom bool
	// Path is what follows the stage: decoded segments; empty for a handshake.
	Path []string
}

// Resolve finds stage and rest in the host and the path of a request, the path as sent (percent-encoded). It does not
// know which APIs exist. Not ok: no stage is named, or the path is not one that any client would send.
func (n Names) Resolve(host, rawPath string) (a Address, ok bool) {
	segments, ok := segmentsOf(rawPath)
	if !ok {
		return Address{}, false
	}
	if _, mappings, ok := n.Domains.find(host); ok {
		a = Address{DomainName: strings.ToLower(host), Known: true, Custom: true}
		a.Stage, a.Path = mappings.under(segments)
		return a, true
	}
	api, byHost := n.executeAPI(host)
	a = Address{DomainName: host, Known: byHost || n.Knows(host)}
	if !a.Known {
		_, a.DomainName, _ = strings.Cut(n.PublicURL, "://")
	}
	if !byHost {
		if len(segments) == 0 {
			return Address{}, false
		}
		api, segments = segments[0], segments[1:]
		a.DomainName += "/" + api
	}
	if len(segments) == 0 {
		return Address{}, false
	}
	a.Stage = StageKey{API: api, Stage: segments[0]}
	a.Path = segments[1:]
	return a, true
}

// executeAPI is the API in a host name of the form {apiId}.execute-api.{region}.{domain}, with or without a port.
func (n Names) executeAPI(host string) (api string, ok bool) {
	name, _ := splitPort(host)
	api, parent, found := strings.Cut(strings.ToLower(name), ".")
	ok = found && api != "" && n.Domain != "" && parent == "execute-api."+strings.ToLower(n.Region+"."+n.Domain)
	return api, ok
}

// Knows says whether a host, as a request names it, is a name of this gateway: that of the public URL, one of Hosts, or,
// where the public URL itself is on the loopback interface, another name of that interface with the same port.
func (n Names) Knows(host string) bool {
	_, public, _ := strings.Cut(n.PublicURL, "://")
	ours := func(name string) bool { return strings.EqualFold(host, name) }
	if ours(public) || slices.ContainsFunc(n.Hosts, ours) {
		return true
	}
	_, port := splitPort(host)
	_, publicPort := splitPort(public)
	return IsLoopback(host) && IsLoopback(public) && port == publicPort
}

// IsLoopback says whether a host, with or without a port, is localhost or a loopback address.
func IsLoopback(host string) bool {
	name, _ := splitPort(host)
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// HostName is the one spelling of the name in a host, with or without a port.
func HostName(host string) string {
	name, _ := splitPort(host)
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// splitPort takes a host apart; the port is empty if there is none.
func splitPort(host string) (name, port string) {
	if name, port, err := net.SplitHostPort(host); err == nil {
		return name, port
	}
	return strings.Trim(host, "[]"), ""
}

// segmentsOf splits a raw path and decodes each segment once. One slash at the end is forgiven. Empty segments, dot
// segments, encoded slashes, backslashes and NUL are refused: they mean different things to different readers, and what
// is looked up must be what was signed.
func segmentsOf(rawPath string) ([]string, bool) {
	rest, ok := strings.CutPrefix(rawPath, "/")
	if !ok {
		return nil, false
	}
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" {
		return nil, true
	}
	segments := strings.Split(rest, "/")
	for i, raw := range segments {
		segment, err := url.PathUnescape(raw)
		if err != nil || segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/\\\x00") {
			return nil, false
		}
		segments[i] = segment
	}
	return segments, true
}
