package registry

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// permission is what AddPermission is told.
type permission struct {
	StatementID string `json:"StatementId"`
	RevisionID  string `json:"RevisionId"`
	URLAuthType string `json:"FunctionUrlAuthType"`

	Action, Principal, SourceArn, SourceAccount, EventSourceToken, PrincipalOrgID string
}

// statement is what comes of a permission.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

var (
	statementForm = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,100}$`)
	actionForm    = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	accountForm   = regexp.MustCompile(`^\d{12}$`)
)

// maxPolicy is how long the policy of a function may be, in bytes: "Lambda quotas" in the developer guide.
const maxPolicy = 20 << 10

func (p *permission) check() error {
	switch {
	case !statementForm.MatchString(p.StatementID):
		return unfit("statementId", p.StatementID, "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
	case !actionForm.MatchString(p.Action):
		return unfit("action", p.Action, "Member must satisfy regular expression pattern: "+strings.Trim(actionForm.String(), "^$"))
	case p.Principal == "" || strings.ContainsAny(p.Principal, " \t\r\n"):
		return unfit("principal", p.Principal, `Member must satisfy regular expression pattern: [^\s]+`)
	case p.SourceAccount != "" && !accountForm.MatchString(p.SourceAccount):
		return unfit("sourceAccount", p.SourceAccount, `Member must satisfy regular expression pattern: \d{12}`)
	}
	return nil
}

// statement is the permission in the policy language.
func (p *permission) statement(resource string) statement {
	s := statement{Sid: p.StatementID, Effect: "Allow", Action: p.Action, Resource: resource, Condition: map[string]map[string]string{}}
	switch {
	case p.Principal == "*":
		s.Principal = "*"
	case strings.HasPrefix(p.Principal, "arn:"):
		s.Principal = map[string]string{"AWS": p.Principal}
	case accountForm.MatchString(p.Principal):
		s.Principal = map[string]string{"AWS": "arn:aws:iam::" + p.Principal + ":root"}
	default:
		s.Principal = map[string]string{"Service": p.Principal}
	}
	for _, c := range []struct{ operator, key, value string }{
		{"ArnLike", "AWS:SourceArn", p.SourceArn},
		{"StringEquals", "AWS:SourceAccount", p.SourceAccount},
		{"StringEquals", "lambda:EventSourceToken", p.EventSourceToken},
		{"StringEquals", "aws:PrincipalOrgID", p.PrincipalOrgID},
		{"StringEquals", "lambda:FunctionUrlAuthType", p.URLAuthType},
	} {
		if c.value == "" {
			continue
		}
		if s.Condition[c.operator] == nil {
			s.Condition[c.operator] = map[string]string{}
		}
		s.Condition[c.operator][c.key] = c.value
	}
	return s
}

// addPermission is the operation AddPermission.
func (c *call) addPermission() (any, error) {
	var sent permission
	if err := c.say(&sent); err != nil {
		return nil, err
	}
	if err := sent.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(sent.statement(c.arn(c.name)))
	if err != nil {
		return nil, fmt.Errorf("registry: permission: %w", err)
	}
	_, err = c.change(func(f *function) error {
		if err := (&revised{RevisionID: sent.RevisionID}).check(f); err != nil {
			return err
		}
		if f.statement(sent.StatementID) >= 0 {
			return conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing "+
				"statement.", sent.StatementID)
		}
		f.Policy = append(slices.Clone(f.Policy), text)
		if policy, err := f.policy(); err != nil || len(policy) > maxPolicy {
			return faultf(http.StatusBadRequest, "PolicyLengthExceededException", "The final policy size is bigger than the limit (%d).", maxPolicy)
		}
		return nil
	})
	return map[string]string{"Statement": string(text)}, err
}

// statement is where a statement stands in the policy; -1: nowhere.
func (f *function) statement(id string) int {
	return slices.IndexFunc(f.Policy, func(text json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(text, &s) == nil && s.Sid == id
	})
}

// document is a policy.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement []json.RawMessage
}

// policy is the function's policy as a document.
func (f *function) policy() ([]byte, error) {
	return json.Marshal(document{"2012-10-17", "default", f.Policy})
}

// getPolicy is the operation GetPolicy.
func (c *call) getPolicy() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	if len(f.Policy) == 0 {
		return nil, missing("The resource you requested does not exist.")
	}
	text, err := f.policy()
	return map[string]string{"Policy": string(text), "RevisionId": f.Revision}, err
}

// removePermission is the operation RemovePermission.
func (c *call) removePermission() (any, error) {
	id := c.arguments["StatementId"]
	_, err := c.change(func(f *function) error {
		if sent := c.query["RevisionId"]; len(sent) > 0 {
			if err := (&revised{RevisionID: sent[0]}).check(f); err != nil {
				return err
			}
		}
		i := f.statement(id)
		if i < 0 {
			return missing("Statement %s is not found in resource policy.", id)
		}
		f.Policy = slices.Delete(slices.Clone(f.Policy), i, i+1)
		return nil
	})
	return nil, err
}
