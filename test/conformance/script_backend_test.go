package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
)

// backend received …, backend replies …, backend holds, backend releases.
func (s *script) backend(args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: backend received|replies|holds|releases …")
	}
	switch args[0] {
	case "received":
		s.received(args[1:])
	case "replies":
		s.replies(args[1:])
	case "holds":
		s.at.away.holds()
	case "releases":
		s.at.away.releases()
	default:
		s.Fatalf("backend %s?", args[0])
	}
}

// received [-method M] [-uri URI] [-function NAME] [-event FILE] [-header 'Name: value'] [-noheader Name] ['body']: the
// next request that came in was this. ! backend received: none has come in that no line has asked for.
func (s *script) received(args []string) {
	if s.neg {
		select {
		case c := <-s.at.away.received:
			s.Fatalf("the backend received %s %s %s", c.method, c.uri, c.body)
		default:
		}
		return
	}
	options, args := s.options(args, "method", "uri", "function", "event", "header", "noheader")
	c := s.nextCall()
	body := c.body
	if event := c.event(); event != nil {
		body, _ = event["body"].(string)
	}
	_, _ = fmt.Fprintf(s.Stdout(), "%s %s\n", c.method, c.uri)
	_ = c.header.Write(s.Stdout())
	_, _ = fmt.Fprintf(s.Stdout(), "\n%s\n", c.body)
	if len(args) > 0 && !matches(args[0], body) {
		s.Fatalf("the backend received %q, not %q", body, args[0])
	}
	s.compare(options["method"], c.method)
	s.compare(options["uri"], c.uri)
	s.compare(options["function"], c.function())
	for _, field := range options["header"] {
		name, value, _ := strings.Cut(field, ":")
		if got := strings.Join(c.header.Values(name), ", "); !matches(strings.TrimSpace(value), got) {
			s.Fatalf("the backend received the header %s: %q, not %q", name, got, value)
		}
	}
	for _, name := range options["noheader"] {
		if values := c.header.Values(name); len(values) > 0 {
			s.Fatalf("the backend received the header %s: %q", name, values)
		}
	}
	for _, file := range options["event"] {
		s.compareEvent(s.ReadFile(file), c)
	}
}

func (s *script) nextCall() *call {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case c := <-s.at.away.received:
		return c
	case <-timer.C:
		s.Fatalf("the backend received nothing")
		return nil
	}
}

func (s *script) compare(wanted []string, got string) {
	for _, pattern := range wanted {
		if !matches(pattern, got) {
			s.Fatalf("the backend received %q, not %q", got, pattern)
		}
	}
}

// compareEvent wants an event to have exactly the members of a file; the text … stands for anything that is not empty.
func (s *script) compareEvent(file string, c *call) {
	var wanted, got any
	s.Check(json.Unmarshal([]byte(file), &wanted))
	s.Check(json.Unmarshal([]byte(c.body), &got))
	if diff := cmp.Diff(wanted, fill(wanted, got)); diff != "" {
		s.Fatalf("the event is another (- wanted, + got):\n%s", diff)
	}
}

// fill puts the wildcards of a pattern into what was got.
func fill(wanted, got any) any {
	switch got := got.(type) {
	case map[string]any:
		pattern, ok := wanted.(map[string]any)
		if !ok {
			return got
		}
		filled := map[string]any{}
		for name, value := range got {
			filled[name] = fill(pattern[name], value)
		}
		return filled
	case []any:
		pattern, ok := wanted.([]any)
		if !ok || len(pattern) != len(got) {
			return got
		}
		filled := make([]any, len(got))
		for i := range got {
			filled[i] = fill(pattern[i], got[i])
		}
		return filled
	case string:
		if pattern, ok := wanted.(string); ok && got != "" && matches(pattern, got) {
			return pattern
		}
	case float64:
		if wanted == "…" && got != 0 {
			return wanted
		}
	}
	return got
}

// replies [-to URI or FUNCTION] STATUS ['body' ['Header: value' …]]: what is answered from now on. replies -echo: the
// message that came.
func (s *script) replies(args []string) {
	options, args := s.options(args, "to")
	_, echoes := options["echo"]
	made := reply{status: http.StatusOK, header: http.Header{}}
	if !echoes {
		if len(args) == 0 {
			s.Fatalf("usage: backend replies [-to NAME] STATUS ['body' ['Header: value' …]]")
		}
		var err error
		made.status, err = strconv.Atoi(args[0])
		s.Check(err)
		if len(args) > 1 {
			made.body = args[1]
		}
		for _, field := range args[min(2, len(args)):] {
			name, value, _ := strings.Cut(field, ": ")
			made.header[name] = append(made.header[name], value)
		}
	}
	var mu sync.Mutex
	s.at.away.mu.Lock()
	before := s.at.away.reply
	s.at.away.mu.Unlock()
	s.at.away.replies(func(c *call) reply {
		mu.Lock()
		defer mu.Unlock()
		for _, to := range options["to"] {
			if to != c.function() && to != c.uri {
				return before(c)
			}
		}
		if echoes {
			return echo(c)
		}
		return made
	})
}

// echo answers with what came.
func echo(c *call) reply {
	event := c.event()
	if event == nil {
		return reply{status: http.StatusOK, body: c.body}
	}
	text, _ := json.Marshal(map[string]any{"statusCode": http.StatusOK, "body": event["body"]})
	return reply{status: http.StatusOK, body: string(text)}
}
