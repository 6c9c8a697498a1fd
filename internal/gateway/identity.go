package gateway

import (
	"slices"
	"strings"
	"time"
)

// An Identity is what authorization has found out about a client: $context.identity and $context.authorizer. It does not
// change once the client is connected. Empty members are those nobody asked for.
type Identity struct {
	// Of an AWS_IAM route: who signed the handshake.
	AccessKey string // id of the access key
	AccountID string
	Caller    string // the caller's unique id
	User      string // the same, or of the user behind a session
	UserARN   string

	APIKey, APIKeyID string // that a $connect route required

	Authorizer *Authorization // nil: there was no authorizer
}

// Authorization is what an authorizer has said of a client that it let in: $context.authorizer. Later events of the
// connection carry it.
type Authorization struct {
	PrincipalID string
	// Context are the values by name, each as text: "Output from an API Gateway Lambda authorizer" in the developer guide.
	Context Params
	// Latency is how long the authorizer took.
	Latency time.Duration
}

// Value is a value of $context.authorizer.
func (a *Authorization) Value(name string) string {
	switch {
	case a == nil:
		return ""
	case name == "principalId":
		return a.PrincipalID
	case name == "integrationLatency":
		return number(int(a.Latency.Milliseconds()))
	}
	i := slices.IndexFunc(a.Context, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return ""
	}
	return a.Context[i].Value
}

// Signed says whether the client has proved who it is by a signature.
func (i *Identity) Signed() bool { return i != nil && i.AccessKey != "" }

// identified is the identity of the client of an event; a client of which nothing is known has an empty one.
func (e *Event) identified() *Identity {
	if e.Connection.Identity == nil {
		return &Identity{}
	}
	return e.Connection.Identity
}

// authorizerVariable reads $context.authorizer.{name}, whatever the name.
func authorizerVariable(name string) func(*Event) string {
	key, ok := strings.CutPrefix(name, "authorizer.")
	if !ok || key == "" {
		return nil
	}
	return func(e *Event) string { return e.identified().Authorizer.Value(key) }
}
