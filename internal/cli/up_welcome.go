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
	for _, api := range result.APIs {
		for _, stage := range api.Stages {
			line(printable(api.Name)+" "+stage, api.Endpoint+"/"+stage)
			if rest, plain := strings.CutPrefix(api.Endpoint, "ws://"); plain {
				line("", "wss://"+rest+"/"+stage)
			}
		}
	}
	for i := range result.Functions {
		line("function", result.Functions[i].Name)
	}
	for _, output := range result.Outputs {
		line("output "+output.Name, printable(oneLine(output.Value)))
	}
	fmt.Fprintf(&text, `
Code and template are watched: save a file, and what runs is the new one. For the AWS CLI, in another terminal:

  eval "$(%s env --data %s)"

To stop: Ctrl-C. What was made is kept for the next time; to take it away: %[1]s down
`, self(), word(u.dir))
	return u.streams.printf("%s\n", text.String())
}
