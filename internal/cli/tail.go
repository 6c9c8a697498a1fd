package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gangway/internal/tail"
)

type tailCommand struct {
	planeSettings
	outputSettings

	API        string `arg:"" optional:"" name:"api" help:"Id of the API. Default: the one there is."`
	Stage      string `placeholder:"NAME" help:"Only this stage."`
	Connection string `placeholder:"ID" help:"Only this connection."`
	Brief      bool   `help:"Print a line for each event, and not what happened on the way."`
	Record     string `placeholder:"FILE" help:"Write what happens to a file, with whole bodies, for replay; print nothing. Bodies may hold secrets of those who talk."`
	NoLines    bool   `help:"Leave out what functions write that run in the same process as the gateway."`
	Color      string `default:"auto" enum:"auto,always,never" placeholder:"WHEN" help:"Print in colour: auto (if the output is a terminal and NO_COLOR is not set), always or never."`
}

// Run prints until it is interrupted, or the node stops.
func (c *tailCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	api := c.API
	if api == "" {
		found, err := p.api(ctx, "")
		if err != nil {
			return err
		}
		api = found.ID
	}
	return c.watch(ctx, s, p, api)
}

// watch prints what happens on an API.
func (c *tailCommand) watch(ctx context.Context, s *Streams, p *plane, api string) error {
	query := url.Values{}
	for name, value := range map[string]string{"stageName": c.Stage, "connectionId": c.Connection} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if c.Record != "" {
		query.Set("bodies", "whole")
	}
	if c.NoLines {
		query.Set("lines", "none")
	}
	response, err := p.begin(ctx, &request{operation: "Tail", method: http.MethodGet, path: "/gangway" + strings.TrimPrefix(apiPath(api), "/v2") + "/tail", query: query})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		return refused("Tail", response, body)
	}
	s.note("watching %s; to stop: Ctrl-C", api)
	if c.Record == "" {
		return c.follow(ctx, s, response.Body)
	}
	return c.record(ctx, s, response.Body)
}

// record writes the events of a stream to a file that only its owner may read.
func (c *tailCommand) record(ctx context.Context, s *Streams, stream io.Reader) error {
	file, err := os.OpenFile(c.Record, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := file.Chmod(0o600); err != nil { // it may have been there
		return errors.Join(err, file.Close())
	}
	to := *s
	to.Stdout = file
	c.Output = "json"
	return errors.Join(c.follow(ctx, &to, stream), file.Close())
}

// longestEvent is how long a line of the stream may be: an event has a few bodies, whole if they are recorded, in JSON.
const longestEvent = 16 << 20

// follow prints the events of a stream.
func (c *tailCommand) follow(ctx context.Context, s *Streams, stream io.Reader) error {
	events, ended := make(chan string), make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { ended <- eventsOf(ctx, s, stream, events) }()
	paint := painter(c.paints(s))
	var waiting below
	for {
		var text string
		select {
		case data := <-events:
			var err error
			if text, err = c.text(data, &waiting, paint); err != nil {
				return err
			}
		case <-waiting.due():
			text = waiting.late()
		case err := <-ended:
			return errors.Join(s.printf("%s", waiting.all()), err)
		}
		if err := s.printf("%s", text); err != nil {
			return err
		}
	}
}

// text is what is printed of an event.
func (c *tailCommand) text(data string, waiting *below, paint painter) (string, error) {
	if c.Output == "json" {
		return data + "\n", nil
	}
	var e tail.Event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return "", fmt.Errorf("control plane: Tail: %w", err)
	}
	if e.Type == tail.Log {
		waiting.keep(e.Cause, logLine(&e, c.Brief, paint))
		return "", nil
	}
	text := shown(&e, paint)
	if c.Brief {
		text = headline(&e, text, paint)
	}
	return text + waiting.of(e.RequestID), nil
}

// eventsOf sends the events of a stream on until it ends, or is not wanted any more, which is no error.
func eventsOf(ctx context.Context, s *Streams, stream io.Reader, events chan<- string) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, longestEvent)
	missed := false
	for ctx.Err() == nil && lines.Scan() {
		line := lines.Text()
		data, isData := strings.CutPrefix(line, "data: ")
		switch {
		case line == "event: missed":
			missed = true
		case isData && missed:
			missed = false
			s.note("%s events were missed: they came faster than they could be printed", data)
		case isData:
			select {
			case events <- data:
			case <-ctx.Done():
			}
		}
	}
	if ctx.Err() == nil {
		return cmp.Or(lines.Err(), error(errEnded))
	}
	return nil // it was interrupted, as it is meant to be
}

type endedError struct{}

// Error implements error.
func (*endedError) Error() string { return "the node has ended the stream" }

var errEnded = &endedError{}

// paints says whether to print in colour.
func (c *tailCommand) paints(s *Streams) bool {
	if c.Color != "auto" {
		return c.Color == "always"
	}
	file, ok := s.Stdout.(*os.File)
	if !ok || s.env("NO_COLOR") != "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// painter puts a text into a colour of ECMA-48's, or leaves it.
type painter bool

const (
	red, green, yellow, blue, dim = "31", "32", "33", "34", "2"
)

func (p painter) in(color, text string) string {
	if !p || text == "" || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// mostError is how much is said of an error in brief.
const mostError = 160

// headline is the first line of an event, with the error, if there is one.
func headline(e *tail.Event, shown string, paint painter) string {
	first, _, _ := strings.Cut(shown, "\n")
	if e.Error == "" || e.Status < http.StatusBadRequest {
		return first + "\n"
	}
	text := printable(oneLine(e.Error))
	if at := strings.LastIndex(text, ":function:"); at >= 0 { // which function is enough
		text = text[at+len(":function:"):]
	}
	if len(text) > mostError {
		text = strings.ToValidUTF8(text[:mostError], "") + "…"
	}
	return first + " " + paint.in(red, text) + "\n"
}

// shown is an event for people: a line, and one for each step below.
func shown(e *tail.Event, paint painter) string {
	var b strings.Builder
	color := map[string]string{"CONNECT": green, "DISCONNECT": yellow, "PUSH": blue}[e.Type]
	status := paint.in(green, fmt.Sprint(e.Status))
	if e.Status >= http.StatusBadRequest {
		status = paint.in(red, fmt.Sprint(e.Status))
	}
	fmt.Fprintf(&b, "%s %s %s %s %s %s %s\n", paint.in(dim, e.Time.Format("15:04:05.000")), paint.in(color, fmt.Sprintf("%-10s", e.Type)),
		e.Stage, e.Connection, printable(oneLine(e.RouteKey)), status, paint.in(dim, fmt.Sprintf("%.1f ms", e.Millis)))
	step := func(name, text string) {
		if text != "" {
			shade := dim
			if name == "error" {
				shade = red
			}
			fmt.Fprintf(&b, "    %s %s\n", paint.in(shade, name+":"), printable(oneLine(text)))
		}
	}
	step("from", e.Source)
	step("message", e.Message)
	if e.Selection != "" && e.Selection != e.RouteKey {
		step("selection", e.Selection)
	}
	if a := e.Authorizer; a != nil {
		step("authorizer", fmt.Sprintf("%d after %.1f ms %s", a.Status, a.Millis, a.Error))
	}
	if i := e.Integration; i != nil {
		step("request", strings.TrimSpace(i.Method+" "+i.URI+" "+i.Body))
		step("response", strings.TrimSpace(fmt.Sprintf("%d after %.1f ms %s", i.Status, i.Millis, i.Response)))
	}
	step("reply", e.Reply)
	if e.Close != 0 {
		step("closed", strings.TrimSpace(fmt.Sprintf("%d %s", e.Close, e.Reason)))
	}
	step("told", e.ErrorMessage)
	step("error", e.Error)
	return b.String()
}
