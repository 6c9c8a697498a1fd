package access

import (
	"maps"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/policy"
)

// A Caller is who may call by an access key. It never changes and is safe for concurrent use.
type Caller struct {
	Name        string // empty: the root of the account
	ARN         string
	UserID      string
	AccessKeyID string

	root   bool
	policy *policy.Policy      // nil: nothing is allowed
	facts  map[string][]string // condition keys that are about the caller
}

// Authorize says whether the caller may do an action with a resource. The context has the condition keys of the request,
// in lower case, and is not changed. The error, if any, is a [*DeniedError].
func (c *Caller) Authorize(action, resource string, context map[string][]string) error {
	if c.root {
		return nil
	}
	if c.asks() {
		all := make(map[string][]string, len(context)+len(c.facts))
		maps.Copy(all, context)
		maps.Copy(all, c.facts)
		context = all
	}
	return c.judge(action, resource, context)
}

// judge is what the policy says, the context being complete.
func (c *Caller) judge(action, resource string, context map[string][]string) error {
	decision := c.policy.Evaluate(&policy.Request{Action: action, Resource: resource, Context: context})
	if decision == policy.Allow {
		return nil
	}
	return &DeniedError{User: c.ARN, Action: action, Resource: resource, Explicit: decision == policy.ExplicitDeny}
}

// asks says whether the decision can depend on anything but the action and the resource.
func (c *Caller) asks() bool { return !c.root && c.policy.Asks() }

// factsOf are the condition keys about a caller: "Properties of the principal" under "AWS global condition context keys" in the
// IAM user guide. Nothing that a request says of its caller stands against them.
func factsOf(c *Caller, account string) map[string][]string {
	return map[string][]string{
		"aws:username":         {c.Name},
		"aws:userid":           {c.UserID},
		"aws:principalarn":     {c.ARN},
		"aws:principalaccount": {account},
		"aws:principaltype":    {"User"},
	}
}

// Facts are the condition keys of a request: "Properties of the network" and "Properties of the request" under "AWS global
// condition context keys" in the IAM user guide. The address is that of the socket's other end: what header fields say of it anybody
// can write.
func Facts(r *http.Request, now time.Time) map[string][]string {
	const most = 10 // with those of the caller
	facts := make(map[string][]string, most)
	facts["aws:securetransport"] = []string{strconv.FormatBool(r.TLS != nil)}
	facts["aws:currenttime"] = []string{now.UTC().Format(time.RFC3339)}
	facts["aws:epochtime"] = []string{strconv.FormatInt(now.Unix(), 10)}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		facts["aws:sourceip"] = []string{from.Addr().Unmap().WithZone("").String()}
	}
	if agent := r.UserAgent(); agent != "" {
		facts["aws:useragent"] = []string{agent}
	}
	return facts
}

// A DeniedError is an error of kind [gateway.ErrForbidden]: a caller may not do what it asked for.
type DeniedError struct {
	User, Action, Resource string
	Explicit               bool // a statement denies it; else none allows it
}

// Error is what the caller is told, in the words of "Troubleshoot access denied error messages" in the IAM user guide. API
// Gateway's messages about its data plane show of an account only what [Masked] leaves.
func (d *DeniedError) Error() string {
	resource, reason := d.Resource, "because no identity-based policy allows the "+d.Action+" action"
	if strings.HasPrefix(d.Action, "execute-api:") {
		resource = Masked(resource)
	}
	if d.Explicit {
		reason = "with an explicit deny in an identity-based policy"
	}
	return "User: " + d.User + " is not authorized to perform: " + d.Action + " on resource: " + resource + " " + reason
}

// Unwrap makes it a [*gateway.Error].
func (d *DeniedError) Unwrap() error { return gateway.Errorf(gateway.ErrForbidden, "%s", d.Error()) }

// Masked is an ARN that shows of its account the last four digits.
func Masked(arn string) string {
	const account = 4
	parts := strings.SplitN(arn, ":", account+2)
	if len(parts) <= account {
		return arn
	}
	shown := parts[account][max(0, len(parts[account])-4):]
	parts[account] = "********" + shown
	return strings.Join(parts, ":")
}
