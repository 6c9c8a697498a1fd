package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"gangway/internal/control"
)

// verbCommand calls an operation. Its flags are made of the operation's members.
type verbCommand struct {
	kong.Plugins
	planeSettings

	verb    *verb
	members []control.Member
	flags   memberFlags
	body    bodyFlag
}

// bodyFlag is there unless the operation has a member of this name.
type bodyFlag struct {
	Body string `placeholder:"JSON" help:"Members as a JSON object, as the AWS CLI has them or as they are sent; a flag wins. file://PATH reads a file."`
}

func newVerbCommand(v *verb) *verbCommand {
	c := &verbCommand{verb: v, members: v.Members()}
	c.flags = newMemberFlags(v.Name, c.members)
	c.Plugins = kong.Plugins{c.flags.target()}
	if !slices.ContainsFunc(c.members, func(m control.Member) bool { return m.Name == "body" }) {
		c.Plugins = append(c.Plugins, &c.body)
	}
	return c
}

// sendsMembers says whether the body of the operation is an object of members.
func (c *verbCommand) sendsMembers() bool {
	return slices.ContainsFunc(c.members, func(m control.Member) bool { return m.In == "body" })
}

// Run calls the operation and prints its answer.
func (c *verbCommand) Run(ctx context.Context, s *Streams) error {
	call, err := c.request()
	if err != nil {
		return err
	}
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	answer, err := p.pages(ctx, call, c.paged(call.query))
	if err != nil || len(answer) == 0 {
		return err
	}
	if c.verb.Service == identityService {
		if answer, err = identityJSON(answer); err != nil {
			return err
		}
	}
	return s.printJSON(answer)
}

// request is the call that the flags ask for.
func (c *verbCommand) request() (request, error) {
	path, fixed, _ := strings.Cut(c.verb.Path, "?")
	call := request{operation: c.verb.Name, method: c.verb.Method, path: path, service: c.verb.Service}
	values, raw, err := c.values()
	if err != nil {
		return call, err
	}
	call.query, err = url.ParseQuery(fixed)
	if err != nil {
		return call, fmt.Errorf("%s: %w", c.verb.name, err)
	}
	if err := c.complete(values); err != nil {
		return call, err
	}
	for _, m := range c.members {
		value, given := values[m.Name]
		if !given || m.In == "body" {
			continue
		}
		delete(values, m.Name)
		texts := plainTexts(value)
		if m.In == "query" {
			call.query[m.Name] = texts
			continue
		}
		call.path = strings.ReplaceAll(call.path, "{"+m.Name+"}", url.PathEscape(strings.Join(texts, ",")))
	}
	call.body = raw
	if raw == nil && len(values) > 0 {
		if call.body, err = json.Marshal(values); err != nil {
			return call, fmt.Errorf("%s: %w", c.verb.name, err)
		}
	}
	if c.verb.Service == identityService {
		call.contentType, call.body = identityForm()
	}
	return call, nil
}

// values are the members that --body and the flags give, by their names on the wire. Where the operation has a body that
// is no object of members, it is raw.
func (c *verbCommand) values() (values map[string]any, raw []byte, err error) {
	values = map[string]any{}
	if c.body.Body != "" {
		text, err := fileText(c.body.Body)
		if err != nil {
			return nil, nil, c.verb.usage(fmt.Errorf("--body: %w", err))
		}
		if !c.sendsMembers() {
			raw = []byte(text)
		} else if values, err = c.membersOf(text); err != nil {
			return nil, nil, c.verb.usage(fmt.Errorf("--body: %w", err))
		}
	}
	if err := c.flags.read(values); err != nil {
		return nil, nil, c.verb.usage(err)
	}
	for _, m := range c.members {
		if value, given := values[m.Name]; given && c.verb.Service != control.ServiceOwn {
			if values[m.Name], err = wireValue(value, &m, m.Name); err != nil {
				return nil, nil, c.verb.usage(err)
			}
		}
	}
	return values, raw, nil
}

// membersOf reads the members in --body.
func (c *verbCommand) membersOf(text string) (map[string]any, error) {
	value, err := structure(text)
	if err != nil {
		return nil, err
	}
	given, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New(`expected a JSON object of members, such as {"name":"chat"}`)
	}
	values := map[string]any{}
	for name, value := range given {
		m, err := memberOf(c.members, name, c.verb.Name)
		if err != nil {
			return nil, err
		}
		values[m.Name] = value
	}
	return values, nil
}

// complete says which members are missing.
func (c *verbCommand) complete(values map[string]any) error {
	var missing []string
	for _, m := range c.members {
		if value, given := values[m.Name]; m.Required && (!given || m.In == "path" && value == "") {
			missing = append(missing, "--"+flagName(m))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return c.verb.usage(fmt.Errorf("expected %s", strings.Join(missing, " and ")))
}

// paged says whether all pages of a list are wanted: they are, unless somebody pages.
func (c *verbCommand) paged(query url.Values) bool {
	lists := false
	for _, m := range c.members {
		switch m.Name {
		case "nextToken", "position", "maxResults", "limit":
			lists = lists || m.In == "query"
			if query.Has(m.Name) {
				return false
			}
		}
	}
	return lists
}
