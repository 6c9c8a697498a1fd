package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"gangway/internal/functions"
	"gangway/internal/local"
	"gangway/internal/stack"
)

// screen is where an app at work prints, from many sides at once.
type screen struct {
	streams *Streams
	paint   painter
	verbose bool
	mu      sync.Mutex // held while something is printed
}

func newScreen(s *Streams) *screen {
	_, plain := s.Env("NO_COLOR")
	return &screen{streams: s, paint: painter(isTerminal(s.Stdout) && !plain)}
}

// say prints some lines.
func (c *screen) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.streams.printf(format, args...) // for eyes only
}

// Write is for the log of the node.
func (c *screen) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams.Stderr.Write(p)
}

// wrong says what went wrong, each mistake in a line of its own, and what comes of it.
func (c *screen) wrong(err error, so string) {
	var text strings.Builder
	for line := range strings.Lines(err.Error()) {
		text.WriteString("  " + c.paint.in(red, printable(strings.TrimRight(line, "\n"))) + "\n")
	}
	if so != "" {
		so = "  " + so + "\n"
	}
	c.say("\n%s%s\n", text.String(), so)
}

// signs are how an action is written in a plan.
var signs = map[stack.Action]struct{ sign, color string }{
	stack.Create:  {"+ create", green},
	stack.Update:  {"~ update", yellow},
	stack.Replace: {"± replace", yellow},
	stack.Remove:  {"- remove", red},
	stack.Retain:  {"· retain", dim},
}

// plan says what is going to be done.
func (c *screen) plan(p *local.Plan, first bool) {
	var text strings.Builder
	for _, change := range p.Changes {
		if sign, ok := signs[change.Action]; ok {
			c.line(&text, sign.color, sign.sign, &change)
		}
	}
	if text.Len() == 0 && first {
		text.WriteString("  nothing to be made or changed\n")
	}
	if first {
		for _, f := range p.Foreign {
			fmt.Fprintf(&text, "  %s %s %s: %s\n", c.paint.in(dim, "not ours "), f.Type, f.ID, elsewhere(&f))
		}
		for _, n := range p.Notes {
			fmt.Fprintf(&text, "  %s %s: %s\n", c.paint.in(dim, "note     "), n.Where, printable(n.Text))
		}
	}
	c.say("\n%s", text.String())
}

func (c *screen) line(text *strings.Builder, color, sign string, change *stack.Change) {
	why := ""
	if len(change.Properties) > 0 {
		why = " (" + strings.Join(change.Properties, ", ") + ")"
	}
	fmt.Fprintf(text, "  %s %s %s%s\n", c.paint.in(color, fmt.Sprintf("%-9s", sign)), change.Type, change.ID, c.paint.in(dim, why))
}

// removed says what was taken away.
func (c *screen) removed(change *stack.Change) {
	var text strings.Builder
	sign := signs[change.Action]
	c.line(&text, sign.color, sign.sign, change)
	c.say("%s", text.String())
}

// elsewhere says where a resource of another service is, or how to say it.
func elsewhere(f *stack.Foreign) string {
	switch {
	case f.Note != "":
		return f.Note
	case f.Endpoint != "":
		return "functions look for it at " + f.Endpoint
	case f.Variable != "":
		return "set " + f.Variable + " to where there is one"
	default:
		return "nothing is known of it here"
	}
}

// again says that a change was taken up, and where the app is now, if that has changed.
func (c *screen) again(p *local.Plan, result *stack.Result, took time.Duration) {
	done, moved := 0, false
	for _, change := range p.Changes {
		if change.Action == stack.Keep {
			continue
		}
		done++
		isPlace := strings.HasSuffix(change.Type, "::Api") || strings.HasSuffix(change.Type, "::Stage")
		moved = moved || isPlace && change.Action != stack.Update
	}
	took = took.Round(time.Millisecond)
	switch {
	case moved:
		c.say("  %s taken up in %s; the app is here now:\n\n%s\n", counted(done, "change"), took, places(result))
	case done > 0:
		c.say("  %s taken up in %s; open connections stay open\n\n", counted(done, "change"), took)
	default:
		c.say("  nothing of the API has changed; functions are as the template says now\n\n")
	}
}

// counted is a number of things.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// function prints a line of a function.
func (c *screen) function(line functions.Line) {
	color := ""
	if line.Stderr {
		color = yellow
	}
	text := printable(strings.TrimRight(line.Text, "\r\n"))
	if line.Kind == functions.Platform {
		for _, kind := range []string{"START ", "END ", "REPORT "} {
			if strings.HasPrefix(text, kind) && !c.verbose {
				return
			}
		}
		color = dim
	}
	c.say("%s %s %s\n", c.paint.in(dim, line.Time.Format("15:04:05.000")), c.paint.in(blue, cmp.Or(line.Function, "functions")+" |"), c.paint.in(color, text))
}

// tail prints what happens on an API until the context or the stream ends.
func (c *screen) tail(ctx context.Context, p *plane, api string) error {
	command := tailCommand{Color: "never", Brief: !c.verbose, NoLines: true} // which are printed by themselves
	if c.paint {
		command.Color = "always"
	}
	streams := *c.streams
	streams.Stdout, streams.Stderr = &linewise{screen: c}, &bytes.Buffer{}
	return command.watch(ctx, &streams, p, api)
}

// linewise prints what is written to it.
type linewise struct{ screen *screen }

// Write implements [io.Writer].
func (l *linewise) Write(p []byte) (int, error) {
	l.screen.say("%s", p)
	return len(p), nil
}
