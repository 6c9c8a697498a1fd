package gateway

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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
		a = Address{Custom: true}
		a.DomainName, a.Known = n.spell(host)
		a.Stage, a.Path = mappings.under(segments)
		return a, true
	}
	api, byHost := n.executeAPI(host)
	switch {
	case byHost:
		a.DomainName, a.Known = n.spell(host)
	case n.Knows(host):
		a.DomainName, a.Known = strings.ToLower(host), true
	default:
		a.DomainName = n.public()
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
	api, parent, _ := strings.Cut(HostName(host), ".")
	region, service := strings.CutPrefix(parent, "execute-api.")
	domain, ours := strings.CutPrefix(region, strings.ToLower(n.Region)+".")
	return api, service && ours && n.Domain != "" && domain == strings.ToLower(n.Domain) && isLabel(api)
}

// spell is the one spelling of a host whose name is ours, and says whether its port is, too. A port that is not ours is left
// out: backends connect and sign to where they are told, so no client may choose that.
func (n Names) spell(host string) (spelled string, ours bool) {
	name := HostName(host)
	_, port, _ := splitHost(host)
	served := func(of string) bool { _, p := splitPort(of); return p == port }
	switch {
	case port == "":
		return name, true
	case served(n.public()) || slices.ContainsFunc(n.Hosts, served):
		return name + ":" + port, true
	default:
		return name, port == "80" || port == "443" // those of the schemes, which most clients leave out
	}
}

// public is the host of the public URL.
func (n Names) public() string {
	_, host, _ := strings.Cut(n.PublicURL, "://")
	return strings.TrimSuffix(host, "/")
}

// Knows says whether a host, as a request names it, is a name of this gateway: that of the public URL, one of Hosts, or,
// where the public URL itself is on the loopback interface, another name of that interface with the same port.
func (n Names) Knows(host string) bool {
	public := n.public()
	ours := func(name string) bool { return strings.EqualFold(host, name) }
	if ours(public) || slices.ContainsFunc(n.Hosts, ours) {
		return true
	}
	_, port, sane := splitHost(host)
	_, publicPort := splitPort(public)
	return sane && IsLoopback(host) && IsLoopback(public) && port == publicPort
}

// IsLoopback says whether a host, with or without a port, is localhost or a loopback address.
func IsLoopback(host string) bool {
	name, _ := splitPort(host)
	if strings.EqualFold(name, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(name)
	return err == nil && address.Unmap().IsLoopback()
}

// HostName is the one spelling of the name in a host, with or without a port; empty if there is something else in it.
func HostName(host string) string {
	name, _, ok := splitHost(host)
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// splitHost takes apart a host as a client has sent it: a name or an IPv4 address, or an IPv6 address in brackets, and then
// perhaps a port (RFC 3986 section 3.2.2).
func splitHost(host string) (name, port string, ok bool) {
	rest := ""
	if inside, bracketed := strings.CutPrefix(host, "["); bracketed {
		name, rest, ok = strings.Cut(inside, "]")
		address, err := netip.ParseAddr(name)
		ok = ok && err == nil && address.Is6() && address.Zone() == ""
	} else {
		name = host
		if colon := strings.IndexByte(host, ':'); colon >= 0 {
			name, rest = host[:colon], host[colon:]
		}
		ok = name != ""
	}
	if rest == "" {
		return name, "", ok
	}
	port, colon := strings.CutPrefix(rest, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	return name, port, ok && colon && err == nil && number > 0
}

// isLabel says whether a text can be a label of a host name, in lower case.
func isLabel(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return text != ""
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
		if err != nil || segment == "" || segment == "." || segment == ".." || isAmbiguous(segment) {
			return nil, false
		}
		segments[i] = segment
	}
	return segments, true
}

// isAmbiguous says whether a segment has a byte that some readers take for the end of it.
func isAmbiguous(segment string) bool {
	for i := range len(segment) {
		if c := segment[i]; c == '/' || c == '\\' || c == 0 {
			return true
		}
	}
	return false
}
