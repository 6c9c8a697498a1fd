package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
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

// leastSecret is how long a part of a secret is, at least, that is looked for by itself. What is shorter is found everywhere.
const leastSecret = 8

// A veil hides secrets.
type veil struct {
	names []string
	// named finds a name and what follows it, in JSON, in a query, and in a header field.
	named *regexp.Regexp
}

// userInfo is the part of a URI with a password in it: RFC 3986 section 3.2.1.
var userInfo = regexp.MustCompile(`://([^/?#@\s"]+)@`)

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

// secrets are the values to be looked for in what is logged of a request, in all ways in which they may be written, the
// longest first, so that none is broken by one of its parts.
func (v *veil) secrets(r *gateway.Record) []string {
	var found []string
	add := func(params gateway.Params) {
		for _, p := range params {
			if v.hides(p.Name) {
				found = appendSpellings(found, p.Value)
			}
		}
	}
	add(r.Event.Header)
	add(r.Event.Query)
	if r.Detail != nil {
		add(r.Detail.Header)
		add(r.Detail.ResponseOf)
	}
	if identity := r.Event.Connection.Identity; identity != nil {
		found = appendSpellings(found, identity.APIKey)
	}
	return longestFirst(found)
}

func longestFirst(secrets []string) []string {
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(secrets)
}

// appendSpellings adds a secret and its parts: the token of an Authorization, the value of a cookie, a subprotocol.
func appendSpellings(to []string, value string) []string {
	const least = 4 // of a whole value
	if len(value) >= least {
		to = appendEncoded(to, value)
	}
	for _, separators := range []string{" ,;", " ,;=\""} {
		for one := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			if len(one) >= leastSecret {
				to = appendEncoded(to, one)
			}
			if _, token, ok := strings.Cut(one, "."); ok && len(token) >= leastSecret { // see the package authorizer
				to = appendEncoded(to, token)
			}
		}
	}
	return to
}

// appendEncoded adds a text as it is, as in JSON, and as in a URL.
func appendEncoded(to []string, text string) []string {
	inJSON, _ := json.Marshal(text) // a text always marshals
	var unescaped bytes.Buffer
	encoder := json.NewEncoder(&unescaped)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	trim := func(b []byte) string { return strings.Trim(strings.TrimSpace(string(b)), `"`) }
	return append(to, text, trim(inJSON), trim(unescaped.Bytes()), url.QueryEscape(text), url.PathEscape(text))
}

// hide writes asterisks over what is secret in a text.
func (v *veil) hide(text []byte, secrets []string) {
	for _, secret := range secrets {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(secret))
			if i < 0 {
				break
			}
			fill(text[at+i : at+i+len(secret)])
			at += i + len(secret)
		}
	}
	for _, pattern := range []*regexp.Regexp{v.named, userInfo} {
		for _, at := range pattern.FindAllSubmatchIndex(text, -1) {
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
