package journal

import (
	"regexp"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// secretNames are header fields and query parameters by which somebody proves who they are.
var secretNames = []string{
	"Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie", "X-Amz-Credential", "X-Amz-Security-Token",
	"X-Amz-Signature", "X-Api-Key",
}

// A veil hides secrets.
type veil struct {
	names []string
	// named finds a name and what follows it, in JSON, in a query, and in a header field.
	named *regexp.Regexp
}

// userInfo is the part of a URI with a password in it, RFC 3986 section 3.2.1, or what the text ends with.
var userInfo = regexp.MustCompile(`://([^/?#@\s"]+)(@|$)`)

// maxHost is how long a name of a host is at most, with its port. Where the text was cut, what is longer has a password in it.
const maxHost = 260

// bare is the veil of where no authorizer is known.
var bare = newVeil(nil)

// newVeil makes a veil for an API with identity sources, as definitions have them.
func newVeil(identitySources []string) *veil {
	names := slices.Clone(secretNames)
	for _, source := range identitySources {
		for _, place := range []string{"route.request.header.", "route.request.querystring."} {
			if name, ok := strings.CutPrefix(source, place); ok {
				names = append(names, name)
			}
		}
		if strings.HasPrefix(source, "route.request.subprotocol.") {
			names = append(names, "Sec-WebSocket-Protocol")
		}
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	return &veil{names, regexp.MustCompile(`(?i)\b(?:` + strings.Join(quoted, "|") + `)\\*"?\s*[:=]\s*\[?\s*\\*"?([^"&,}\[\]\s\\][^"&,}\]\r\n\\]*)`)}
}

func (v *veil) hides(name string) bool {
	return slices.ContainsFunc(v.names, func(secret string) bool { return strings.EqualFold(secret, name) })
}

// secrets are what is to be looked for in what is logged of a request.
func (v *veil) secrets(r *gateway.Record) *sought {
	found := newSought()
	add := func(params gateway.Params) {
		for _, p := range params {
			if len(p.Value) >= leastValue && v.hides(p.Name) {
				found.value(p.Value)
			}
		}
	}
	add(r.Event.Header)
	add(r.Event.Query)
	if r.Detail != nil {
		add(r.Detail.Header)
		add(r.Detail.ResponseHeader)
	}
	if identity := r.Event.Connection.Identity; identity != nil {
		found.value(identity.APIKey)
	}
	return found
}

// hide writes asterisks over what is secret in a text.
func (v *veil) hide(text []byte, secrets *sought) {
	secrets.hide(text)
	for _, at := range v.named.FindAllSubmatchIndex(text, -1) {
		fill(text[at[2]:at[3]])
	}
	for _, at := range userInfo.FindAllSubmatchIndex(text, -1) {
		if ended := at[4] == at[5]; !ended || at[3]-at[2] > maxHost {
			fill(text[at[2]:at[3]])
		}
	}
}

func fill(text []byte) {
	for i := range text {
		text[i] = '*'
	}
}

// maskKey is an API key as the service shows it: its last six characters. Keys have at least 20; of what is shorter nothing is
// shown.
func maskKey(key string) string {
	shown := 6
	if len(key) < 20 {
		shown = 0
	}
	return strings.Repeat("*", len(key)-shown) + key[len(key)-shown:]
}
