package cli

import "gangway/internal/node"

// Config is what serve makes of a command line.
func Config(streams Streams, args ...string) (node.Config, error) {
	parser, err := newParser(&streams)
	if err != nil {
		return node.Config{}, err
	}
	at, err := parser.Parse(append([]string{"serve"}, args...))
	if err != nil {
		return node.Config{}, err
	}
	return at.Selected().Target.Addr().Interface().(*serveCommand).config(&streams)
}

// Needed are the members that help says a body must have, by operation.
func Needed() map[string][]string { return needed }

// DemoConfig is what the demo starts its node with.
func DemoConfig() node.Config { return new(demo).config() }

// Render is a message of text as connect prints it on a terminal.
func Render(text string, colour bool) string {
	return render(message{op: 1, payload: []byte(text)}, true, colour)
}
