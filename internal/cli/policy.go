package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"gangway/internal/console"
	"gangway/internal/control"
	"gangway/internal/registry"
)

// What a policy may name that Gangway never asks about: "Actions and resources" and "Conditions" in docs/access.md. A policy
// that was written for AWS may rightly have more, so it is told and not refused.

// policyActions are what Gangway asks a policy about, in lower case.
var policyActions = slices.Concat([]string{
	"apigateway:get", "apigateway:post", "apigateway:patch", "apigateway:put", "apigateway:delete",
	"execute-api:manageconnections", "execute-api:invoke", "sts:getcalleridentity", strings.ToLower(control.ActionCall),
	strings.ToLower(console.ActionConnect),
}, ownActions(), functionActions())

// ownActions are those of the operations that AWS does not have.
func ownActions() (actions []string) {
	for _, operation := range control.Operations() {
		if strings.HasPrefix(operation.Path, "/gangway/") {
			actions = append(actions, strings.ToLower("gangway:"+operation.Name))
		}
	}
	return actions
}

// functionActions are those of Lambda's control API.
func functionActions() (actions []string) {
	for _, operation := range registry.Operations() {
		actions = append(actions, strings.ToLower(operation.Action()))
	}
	return actions
}

// policyKeys are the condition keys that have a value, in lower case. One that ends in / is a family.
var policyKeys = []string{
	"aws:sourceip", "aws:securetransport", "aws:useragent", "aws:currenttime", "aws:epochtime",
	"aws:username", "aws:userid", "aws:principalarn", "aws:principalaccount", "aws:principaltype",
	"aws:requesttag/", "aws:tagkeys", "aws:resourcetag/",
}

// texts are a text or a list of them, as policies have both.
type texts []string

// UnmarshalJSON implements [json.Unmarshaler]. What is neither is for the control plane to refuse.
func (t *texts) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = texts{one}
		return nil
	}
	_ = json.Unmarshal(text, (*[]string)(t))
	return nil
}

// statement is what a statement of a policy names.
type statement struct {
	Action    texts
	NotAction texts
	Condition map[string]map[string]json.RawMessage
}

// statements are one or a list of them.
type statements []statement

// UnmarshalJSON implements [json.Unmarshaler].
func (list *statements) UnmarshalJSON(text []byte) error {
	var one statement
	if json.Unmarshal(text, &one) == nil {
		*list = statements{one}
		return nil
	}
	_ = json.Unmarshal(text, (*[]statement)(list))
	return nil
}

// unasked are the actions and condition keys of a policy that Gangway never asks about, each with what may have been meant.
func unasked(document []byte) []string {
	var policy struct{ Statement statements }
	_ = json.Unmarshal(document, &policy) // what is no policy is refused by the control plane
	var found []string
	for _, s := range policy.Statement {
		for _, action := range append(s.Action, s.NotAction...) {
			if !isAsked(action) {
				found = append(found, "action "+suggested(action, policyActions))
			}
		}
		for _, operator := range keysOf(s.Condition) {
			for _, key := range keysOf(s.Condition[operator]) {
				if !hasValue(key) {
					found = append(found, "condition key "+suggested(key, policyKeys))
				}
			}
		}
	}
	return found
}

// isAsked says whether an action, with its wildcards, is or covers one that Gangway asks about.
func isAsked(pattern string) bool {
	for _, action := range policyActions {
		if covers(strings.ToLower(pattern), action) {
			return true
		}
	}
	return false
}

// covers says whether a pattern with * and ? matches a text. It goes back no further than to the last *.
func covers(pattern, text string) bool {
	p, star, resume := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func hasValue(key string) bool {
	key = strings.ToLower(key)
	for _, known := range policyKeys {
		after, found := strings.CutPrefix(key, known)
		if found && (after != "") == strings.HasSuffix(known, "/") {
			return true
		}
	}
	return false
}

// suggested is a name, and the known one that is nearest to it.
func suggested(name string, known []string) string {
	if meant := closest(strings.ToLower(name), known); meant != "" {
		return name + " (did you mean " + meant + "?)"
	}
	return name
}
