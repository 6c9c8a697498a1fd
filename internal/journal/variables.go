package journal

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// variable reads a variable of $context off a record; one of its functions is set, or none if it never has a value.
type variable struct {
	// text is the value, empty if there is none.
	text func(*gateway.Record) string
	// plain appends the value, which is never to be escaped, or nothing if there is none.
	plain func([]byte, *gateway.Record) []byte
	// quoted says that the value stands in quotes that are part of it.
	quoted bool
}

// variables are those of "Configure logging for WebSocket APIs" in the developer guide, and those of REST APIs that name the
// same thing in another way. What an authorizer says comes on top.
var variables = newVariables()

// absent are the variables of what is not there: Cognito identities, organizations, and AWS WAF.
var absent = []string{
	"identity.cognitoAuthenticationProvider", "identity.cognitoAuthenticationType", "identity.cognitoIdentityId",
	"identity.cognitoIdentityPoolId", "identity.principalOrgId", "waf.error", "waf.latency", "waf.status",
}

func newVariables() map[string]variable {
	message := func(r *gateway.Record) string {
		if r.Message == "" {
			return ""
		}
		return discreet(r, r.Message)
	}
	all := map[string]variable{
		"error.message":               {text: message},
		"error.messageString":         {text: message, quoted: true},
		"error.responseType":          {text: func(r *gateway.Record) string { return r.ResponseType }},
		"error.validationErrorString": {text: func(r *gateway.Record) string { return r.Invalid }},
		"status":                      {plain: func(dst []byte, r *gateway.Record) []byte { return appendNumber(dst, r.Status) }},
		"requestTime": {plain: func(dst []byte, r *gateway.Record) []byte {
			return r.Event.Time.UTC().AppendFormat(dst, "02/Jan/2006:15:04:05 +0000")
		}},
		"requestTimeEpoch": {plain: func(dst []byte, r *gateway.Record) []byte { return appendEpoch(dst, r.Event.Time) }},
		"connectedAt":      {plain: func(dst []byte, r *gateway.Record) []byte { return appendEpoch(dst, r.Event.Connection.ConnectedAt) }},
		"identity.apiKey": {text: func(r *gateway.Record) string {
			if r.Event.Connection.Identity == nil {
				return ""
			}
			return maskKey(r.Event.Connection.Identity.APIKey)
		}},
	}
	addIntegration(all)
	addAuthorization(all)
	for _, name := range absent {
		all[name] = variable{}
	}
	for _, name := range gateway.ContextVariables() {
		if _, ok := all[name]; !ok {
			all[name] = ofEvent(name)
		}
	}
	return all
}

// ofEvent is a variable that templates have, too.
func ofEvent(name string) variable {
	read := gateway.ContextVariable(name)
	if strings.HasPrefix(name, "authorizer.") || strings.HasPrefix(name, "identity.") &&
		name != "identity.sourceIp" && name != "identity.userAgent" {
		return variable{text: func(r *gateway.Record) string {
			if r.Event.Connection.Identity == nil { // then it would be made, to be empty
				return ""
			}
			return read(r.Event)
		}}
	}
	return variable{text: func(r *gateway.Record) string { return read(r.Event) }}
}

// addIntegration adds how the backend was called.
func addIntegration(all map[string]variable) {
	number := func(read func(*gateway.IntegrationRecord) int) variable {
		return variable{plain: func(dst []byte, r *gateway.Record) []byte {
			if r.Integration == nil {
				return dst
			}
			return appendNumber(dst, read(r.Integration))
		}}
	}
	failed := variable{text: func(r *gateway.Record) string {
		if r.Integration == nil || r.Integration.Err == nil {
			return ""
		}
		return failureText(r, r.Integration.Err)
	}}
	latency := variable{plain: func(dst []byte, r *gateway.Record) []byte {
		if r.Integration == nil || r.Integration.Mock {
			return dst
		}
		return strconv.AppendInt(dst, r.Integration.Latency.Milliseconds(), 10)
	}}
	request := variable{text: func(r *gateway.Record) string {
		if r.Integration == nil {
			return ""
		}
		return r.Integration.RequestID
	}}
	status := number(func(i *gateway.IntegrationRecord) int { return i.Status })
	all["integration.error"], all["integrationErrorMessage"] = failed, failed
	all["integration.latency"], all["integrationLatency"] = latency, latency
	all["integration.requestId"], all["awsEndpointRequestId"] = request, request
	all["integration.status"], all["integrationStatus"], all["integration.integrationStatus"] = status, status, status
}

// addAuthorization adds how the client was let in: by an authorizer, or, where that has no id, by its signature. Of the latter
// to authenticate is to find out who signed, to authorize is whether they may.
func addAuthorization(all map[string]variable) {
	function := func(r *gateway.Record) *gateway.AuthorizerRecord {
		if r.Authorizer == nil || r.Authorizer.ID == "" {
			return nil
		}
		return r.Authorizer
	}
	signature := func(r *gateway.Record) *gateway.AuthorizerRecord {
		if r.Authorizer == nil || r.Authorizer.ID != "" {
			return nil
		}
		return r.Authorizer
	}
	signed := func(r *gateway.Record) bool { return r.Event.Connection.Identity.Signed() }
	addStep(all, "authorizer.", function)
	all["authorizer.integrationStatus"] = all["authorizer.status"]
	all["authorizer.requestId"] = variable{} // nobody notes it
	addStep(all, "authorize.", func(r *gateway.Record) *gateway.AuthorizerRecord {
		if signed(r) {
			return signature(r)
		}
		return nil
	})
	addStep(all, "authenticate.", func(r *gateway.Record) *gateway.AuthorizerRecord {
		found := signature(r)
		if found != nil && signed(r) {
			return &gateway.AuthorizerRecord{Status: 200, Latency: found.Latency}
		}
		return found
	})
}

// addStep adds the three variables that all steps have.
func addStep(all map[string]variable, prefix string, find func(*gateway.Record) *gateway.AuthorizerRecord) {
	all[prefix+"error"] = variable{text: func(r *gateway.Record) string {
		step := find(r)
		if step == nil || step.Err == nil {
			return ""
		}
		return errorText(r, step.Err)
	}}
	all[prefix+"latency"] = variable{plain: func(dst []byte, r *gateway.Record) []byte {
		step := find(r)
		if step == nil {
			return dst
		}
		return strconv.AppendInt(dst, step.Latency.Milliseconds(), 10)
	}}
	all[prefix+"status"] = variable{plain: func(dst []byte, r *gateway.Record) []byte {
		step := find(r)
		if step == nil {
			return dst
		}
		return appendNumber(dst, step.Status)
	}}
}

func appendNumber(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func appendEpoch(dst []byte, t time.Time) []byte { return strconv.AppendInt(dst, t.UnixMilli(), 10) }

// nameAt finds the name of a variable at the beginning of a text: the longest that there is, or else the longest that there
// could be.
func nameAt(text string) (name string, v variable) {
	end := 0
	hyphens := strings.HasPrefix(text, "authorizer.")
	for end < len(text) && (isNameByte(text[end]) || text[end] == '.' || hyphens && text[end] == '-') {
		end++
	}
	longest := strings.TrimRight(text[:end], ".-")
	for name = longest; name != ""; {
		if v, ok := lookup(name); ok {
			return name, v
		}
		name = name[:max(0, strings.LastIndexByte(name, '.'))]
	}
	return longest, variable{}
}

func lookup(name string) (variable, bool) {
	if v, ok := variables[name]; ok {
		return v, true
	}
	if key, ok := strings.CutPrefix(name, "authorizer."); ok && key != "" {
		return ofEvent(name), true
	}
	return variable{}, false
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// Variables are the names of the variables of access logs, in order. $context.authorizer has those that an authorizer gives.
func Variables() []string {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
