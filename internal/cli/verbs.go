package cli

import (
	"context"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/alecthomas/kong"

	"gangway/internal/cloudformation"
	"gangway/internal/control"
)

// verb is an operation of the control plane as a command, named as the AWS CLI names it.
type verb struct {
	name string
	control.Operation
}

// verbs are all operations. Where two versions of the service have an operation of the same name, the older one's verb
// begins with v1.
func verbs() []verb {
	taken := map[string]bool{}
	var all []verb
	for _, operation := range append(control.Operations(), identityOperation) {
		name := kebab(operation.Name)
		if taken[name] {
			name = "v1-" + name
		}
		taken[name] = true
		all = append(all, verb{name, operation})
	}
	return all
}

// verbOf is the verb of a name.
func verbOf(name string) (verb, bool) {
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == name })
	if i < 0 {
		return verb{}, false
	}
	return all[i], true
}

// kebab writes a name in lower case, its words joined with hyphens: CreateApiMapping is create-api-mapping.
func kebab(name string) string {
	var out strings.Builder
	for i, r := range name {
		if r == '_' {
			r = '-'
		}
		joined := i == 0 || strings.HasSuffix(out.String(), "-")
		if unicode.IsUpper(r) && !joined {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// command is the verb for the parser. Only the verb that is called becomes one: there are more than a hundred.
func (v *verb) command() kong.Option {
	help := v.Method + " " + v.Path + " (" + v.Service + ")."
	return kong.DynamicCommand(v.name, help, "", newVerbCommand(v))
}

// usage marks an error of the command line of this verb.
func (v *verb) usage(err error) error {
	return &fault{code: exitUsage, err: err, hint: "gangway " + v.name + " --help shows its flags"}
}

type verbsCommand struct{}

// Run prints a line for each verb.
func (verbsCommand) Run(_ context.Context, s *Streams) error {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, v := range verbs() {
		what := v.Method + " " + v.Path
		if why := v.Excuse(); why != "" {
			what = "not served: " + why
		}
		_, _ = table.Write([]byte(v.name + "\t" + what + "\n")) // a strings.Builder never fails
	}
	_ = table.Flush()
	return s.printf("%s", &text)
}

// nearest is what somebody may have meant by a name that is no command's; empty if nothing is near.
func nearest(name string, commands []string) string {
	for _, v := range verbs() {
		commands = append(commands, v.name)
	}
	return closest(name, commands)
}

// closest is the name that is nearest to one that was mistyped; empty if none is near.
func closest(name string, known []string) string {
	best, least := "", len(name)/3+2
	for _, candidate := range known {
		if d := cloudformation.Distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}
