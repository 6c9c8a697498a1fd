package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// diffCommand says what a deployment made now would change.
type diffCommand struct {
	planeSettings

	API      string `arg:"" name:"api" help:"Id of the API."`
	Stage    string `arg:"" help:"Name of the stage."`
	ExitCode bool   `help:"End with exit code 5 if there is a difference, as a script likes it."`
}

// Run prints the differences.
func (c *diffCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	stage, err := p.stageOf(ctx, c.API, c.Stage)
	if err != nil {
		return err
	}
	var deployed snapshot
	deployment := stage.text("deploymentId")
	if deployment != "" {
		if deployed, err = p.snapshot(ctx, c.API, c.Stage); err != nil {
			return err
		}
	}
	defined, err := p.snapshot(ctx, c.API, "")
	if err != nil {
		return err
	}
	name := defined.API.text("name")
	text := compare(&deployed, &defined)
	where := fmt.Sprintf("stage %s of API %s (%s)", field(c.Stage), field(c.API), field(name))
	switch {
	case text == "":
		return s.printf("Nothing would change at %s: it runs what is defined, deployment %s.\n", where, field(deployment))
	case deployment == "":
		text = fmt.Sprintf("A deployment would be the first at %s:\n\n%s", where, text)
	default:
		text = fmt.Sprintf("A deployment would change %s, which runs deployment %s:\n\n%s", where, field(deployment), text)
	}
	if err := s.printf("%s", text); err != nil {
		return err
	}
	if c.ExitCode {
		return errDiffers
	}
	return nil
}

// kind is one kind of objects in two snapshots.
type kind struct {
	before, after []object
	by            string // the member by which objects are the same
	title         func(object) string
}

// kinds are those that a snapshot lists.
func kinds(before, after *snapshot) []kind {
	old, users := before.users(), after.users()
	return []kind{
		{before.Routes, after.Routes, "routeKey", func(o object) string { return "route " + field(o.text("routeKey")) }},
		{before.Integrations, after.Integrations, "integrationId", func(o object) string {
			id := o.text("integrationId")
			routes := cmp.Or(fields(users[id], ", "), fields(old[id], ", "), "no route")
			return "integration " + field(id) + " (" + routes + ")"
		}},
		{before.Authorizers, after.Authorizers, "authorizerId", func(o object) string {
			return "authorizer " + field(o.text("authorizerId")) + " (" + field(o.text("name")) + ")"
		}},
		{before.Models, after.Models, "name", func(o object) string { return "model " + field(o.text("name")) }},
	}
}

// compare lists what is different in two snapshots: "+" for what is only in the second, "-" for what is only in the
// first, "~" for what is in both. It spoils them.
func compare(before, after *snapshot) string {
	all := kinds(before, after)
	before.forget()
	after.forget()
	var out strings.Builder
	out.WriteString(difference("API", "", before.API, after.API))
	for _, k := range all {
		was, is := known(k.before, k.by), known(k.after, k.by)
		for _, o := range k.before {
			if is[o.text(k.by)] == nil {
				out.WriteString(difference(k.title(o), k.by, o, nil))
			}
		}
		for _, o := range k.after {
			out.WriteString(difference(k.title(o), k.by, was[o.text(k.by)], o))
		}
	}
	return out.String()
}

// known are objects by a member of theirs.
func known(list []object, by string) map[string]object {
	found := make(map[string]object, len(list))
	for _, o := range list {
		found[o.text(by)] = o
	}
	return found
}

// difference lists the members in which an object differs, but for the one that its title tells; empty if there are none.
// An object that is nil is not there.
func difference(title, told string, before, after object) string {
	was, is := flat(before), flat(after)
	delete(was, told)
	delete(is, told)
	all := map[string]bool{}
	for _, members := range []map[string]string{was, is} {
		for name := range members {
			all[name] = true
		}
	}
	var out strings.Builder
	for _, name := range keysOf(all) {
		switch old, now := was[name], is[name]; {
		case old == now:
		case old == "":
			fmt.Fprintf(&out, "    + %s: %s\n", name, now)
		case now == "":
			fmt.Fprintf(&out, "    - %s: %s\n", name, old)
		default:
			fmt.Fprintf(&out, "    ~ %s: %s -> %s\n", name, old, now)
		}
	}
	switch {
	case before == nil:
		return "+ " + title + "\n" + out.String()
	case after == nil:
		return "- " + title + "\n" + out.String()
	case out.Len() == 0:
		return ""
	}
	return "~ " + title + "\n" + out.String()
}
