package authorizer

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// facts are the values of the condition keys of a client by their names in lower case; a key that is known to have no value
// for this client has none here either. "AWS global condition context keys" in the IAM user guide.
type facts map[string][]string

func factsOf(req *Request, now time.Time) facts {
	client := req.Event.Connection
	known := facts{
		"aws:sourceip":    {client.SourceIP},
		"aws:currenttime": {now.UTC().Format(time.RFC3339)},
		"aws:epochtime":   {strconv.FormatInt(now.Unix(), 10)},
		"aws:useragent":   nil,
		"aws:referer":     nil,
	}
	if client.UserAgent != "" {
		known["aws:useragent"] = []string{client.UserAgent}
	}
	if referer, _ := req.Event.Header.Get("Referer"); referer != "" {
		known["aws:referer"] = []string{referer}
	}
	// The edge says in the event how the client came; it lets no client say that.
	if scheme, ok := req.Event.Header.Get("X-Forwarded-Proto"); ok {
		known["aws:securetransport"] = []string{strconv.FormatBool(scheme == "https")}
	} else if req.HTTP != nil {
		known["aws:securetransport"] = []string{strconv.FormatBool(req.HTTP.TLS != nil)}
	}
	return known
}

// unknown is a condition key of a document that is none of these, or empty. The document is one that has been parsed: its
// names are there once and in the right case.
func (f facts) unknown(document json.RawMessage) string {
	var outer struct{ Statement json.RawMessage }
	var statements []struct {
		Condition map[string]map[string]json.RawMessage
	}
	if json.Unmarshal(document, &outer) != nil {
		return "?"
	}
	list := outer.Statement
	if len(list) > 0 && list[0] == '{' {
		list = append(append(json.RawMessage{'['}, list...), ']')
	}
	if json.Unmarshal(list, &statements) != nil {
		return "?"
	}
	for i := range statements {
		for _, keys := range statements[i].Condition {
			for key := range keys {
				if _, known := f[strings.ToLower(key)]; !known {
					return key
				}
			}
		}
	}
	return ""
}
