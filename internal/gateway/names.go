package gateway

import (
	"net/url"
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
}

// Endpoint is the apiEndpoint of an API: Endpoint + "/" + stage is a URL that clients can connect to.
func (n Names) Endpoint(api string) string {
	if n.Domain == "" {
		return strings.TrimSuffix(n.PublicURL, "/") + "/" + api
	}
	scheme, _, _ := strings.Cut(n.PublicURL, "://")
	return scheme + "://" + api + ".execute-api." + n.Region + "." + n.Domain
}

// Address is what a request to the data listener asks for.
type Address struct {
	Stage StageKey
	// DomainName is such that https://{DomainName}/{stage}/@connections/{id} reaches the connections of the stage.
	DomainName string
	// Path is what follows the stage: decoded segments; empty for a handshake.
	Path []string
	// Execute says that the API was reached by its own execute-api host or path, not by a custom domain.
	Execute bool
}

// Resolve finds stage and rest in the host and the path of a request, the path as sent (percent-encoded). It does not
// know which APIs exist. Not ok: no stage is named, or the path is not one that any client would send.
func (n Names) Resolve(host, rawPath string) (a Address, ok bool) {
	segments, ok := segmentsOf(rawPath)
	if !ok {
		return Address{}, false
	}
	api, executeHost := executeAPI(host)
	a = Address{DomainName: host, Execute: true}
	if !executeHost {
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

// executeAPI is the API in a host name of the form {apiId}.execute-api.{anything}.
func executeAPI(host string) (api string, ok bool) {
	api, rest, found := strings.Cut(host, ".")
	if !found || api == "" || !strings.HasPrefix(strings.ToLower(rest), "execute-api.") {
		return "", false
	}
	return strings.ToLower(api), true
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
