package cli

import (
	"fmt"
	"strings"
	"time"

	"gangway/internal/stack"
)

// welcome says what runs now, and what to do with it.
func (u *up) welcome(result *stack.Result, took time.Duration) error {
	var text strings.Builder
	line := func(name, value string) { fmt.Fprintf(&text, "  %-22s %s\n", name, value) }
	fmt.Fprintf(&text, "\n%s is up after %s.\n\n", u.app.Name(), took.Round(time.Millisecond))
	text.WriteString(places(result))
	for i := range result.Functions {
		line("function", result.Functions[i].Name)
	}
	for _, output := range result.Outputs {
		line("output "+output.Name, printable(oneLine(output.Value))+onAWS(output.Value))
	}
	fmt.Fprintf(&text, `
Code and template are watched: save a file, and what runs is the new one. For the AWS CLI, in another terminal:

  eval "$(%s env --data %s)"

To stop: Ctrl-C. What was made is kept for the next time; to take it away then: %[1]s down%[3]s
`, self(), word(u.dir), u.cmd.flags())
	return u.streams.printf("%s\n", text.String())
}

// places are the URLs of all stages.
func places(result *stack.Result) string {
	var text strings.Builder
	for _, api := range result.APIs {
		for _, stage := range api.Stages {
			fmt.Fprintf(&text, "  %-22s %s\n", printable(api.Name)+" "+stage, api.Endpoint+"/"+stage)
			if rest, plain := strings.CutPrefix(api.Endpoint, "ws://"); plain {
				fmt.Fprintf(&text, "  %-22s %s\n", "", "wss://"+rest+"/"+stage)
			}
		}
	}
	return text.String()
}

// onAWS warns of an address that a template has made of an API's id, as it would be on AWS.
func onAWS(value string) string {
	if strings.Contains(value, ".execute-api.") && strings.Contains(value, ".amazonaws.com") {
		return " (as on AWS; here it leads nowhere)"
	}
	return ""
}

// flags are what has to be said again of an app, for another command.
func (c *appSettings) flags() string {
	var text strings.Builder
	if c.Path != "." {
		text.WriteString(" " + word(c.Path))
	}
	for _, flag := range []struct{ name, value string }{{"name", c.Name}, {"stage", c.Stage}, {"data", c.Data}} {
		if flag.value != "" {
			text.WriteString(" --" + flag.name + " " + word(flag.value))
		}
	}
	return text.String()
}
