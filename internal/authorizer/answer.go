package authorizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"gangway/internal/gateway"
	"gangway/internal/policy"
)

// An answer is what a function says of a client.
type answer struct {
	principal string
	document  json.RawMessage
	policy    *policy.Policy
	context   gateway.Params
	usageKey  string
}

// maxAnswer is the size of an answer: "Quotas for configuring and running a WebSocket API" in the developer guide, "AWS Lambda
// authorizer result size".
const maxAnswer = 8 << 10

// The members of an answer: "Output from an API Gateway Lambda authorizer" in the developer guide.
const (
	principalID     = "principalId"
	document        = "policyDocument"
	contextOfClient = "context"
	usageKey        = "usageIdentifierKey"
)

func readAnswer(payload []byte) (*answer, error) {
	if len(payload) > maxAnswer {
		return nil, fmt.Errorf("it has %d bytes: %d are the limit", len(payload), maxAnswer)
	}
	all, err := members(payload)
	if err != nil {
		return nil, err
	}
	if err := spelled(all); err != nil {
		return nil, err
	}
	a := &answer{document: all[document]}
	var ok bool
	if a.principal, ok = textOf(all[principalID]); !ok || a.principal == "" || hasControl(a.principal) {
		return nil, errors.New("principalId is missing, or is no plain text")
	}
	if len(a.document) == 0 || a.document[0] != '{' {
		return nil, errors.New("policyDocument is missing, or is no object")
	}
	if a.policy, err = policy.Parse(a.document); err != nil {
		return nil, fmt.Errorf("policyDocument: %w", err)
	}
	if a.usageKey, ok = textOf(all[usageKey]); !ok && present(all[usageKey]) {
		return nil, errors.New("usageIdentifierKey is no text")
	}
	if a.context, err = contextOf(all[contextOfClient]); err != nil {
		return nil, fmt.Errorf("context: %w", err)
	}
	return a, nil
}

// spelled refuses the name of a member in other case: it is meant, and would have no effect.
func spelled(all map[string]json.RawMessage) error {
	for name := range all {
		for _, right := range [...]string{principalID, document, contextOfClient, usageKey} {
			if name != right && strings.EqualFold(name, right) {
				return fmt.Errorf("%s is unknown: names are case-sensitive, write %s", quote(name), right)
			}
		}
	}
	return nil
}

// contextOf are the values that a function has for later events, in the order of their names.
func contextOf(object json.RawMessage) (gateway.Params, error) {
	if !present(object) {
		return nil, nil
	}
	all, err := members(object)
	if err != nil {
		return nil, err
	}
	values := make(gateway.Params, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, ok := scalarOf(all[name])
		if !ok {
			return nil, fmt.Errorf("%s is no text, number or boolean", quote(name))
		}
		if values, err = appendValue(values, name, text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// appendValue adds a value of $context.authorizer. Those that the gateway knows itself stand under their names already.
func appendValue(values gateway.Params, name, text string) (gateway.Params, error) {
	const longest = 256
	switch {
	case name == "" || len(name) > longest || hasControl(name):
		return nil, fmt.Errorf("%s is no name: it is to have 1 to %d bytes and no control characters", quote(name), longest)
	case name == principalID || name == "integrationLatency":
		return values, nil
	default:
		return append(values, gateway.Param{Name: name, Value: text}), nil
	}
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }
