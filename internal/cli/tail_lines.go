package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gangway/internal/tail"
)

// patience is how long lines of a function wait for the event that they belong below: it is told of when all of it is done.
const patience = 400 * time.Millisecond

// below are lines of functions that wait to be printed below their event.
type below struct{ waiting []logged }

// logged is a line, and the request id of its event.
type logged struct {
	event, text string
	since       time.Time // when it came
}

// keep keeps a line until it is time for it.
func (b *below) keep(event, text string) {
	if text == "" {
		return
	}
	b.waiting = append(b.waiting, logged{event, text, time.Now()})
}

// take are the lines that are wanted now. They do not wait any more.
func (b *below) take(wanted func(l *logged) bool) string {
	var text strings.Builder
	b.waiting = slices.DeleteFunc(b.waiting, func(l logged) bool {
		if wanted(&l) {
			text.WriteString(l.text)
			return true
		}
		return false
	})
	return text.String()
}

// of are the lines of an event.
func (b *below) of(id string) string { return b.take(func(l *logged) bool { return l.event == id }) }

// all are all lines.
func (b *below) all() string { return b.take(func(*logged) bool { return true }) }

// late are those that have waited for long enough.
func (b *below) late() string {
	before := time.Now().Add(-patience)
	return b.take(func(l *logged) bool { return !l.since.After(before) })
}

// due tells when the first line has waited for long enough; nil: never.
func (b *below) due() <-chan time.Time {
	if len(b.waiting) == 0 {
		return nil
	}
	return time.After(time.Until(b.waiting[0].since.Add(patience)))
}

// logLine is a line of a function for people; empty: it is one of those that Lambda writes around each invocation, in brief.
func logLine(e *tail.Event, brief bool, paint painter) string {
	if e.Platform && brief {
		for _, kind := range []string{"START ", "END ", "REPORT "} {
			if strings.HasPrefix(e.Line, kind) {
				return ""
			}
		}
	}
	color := ""
	if e.Platform {
		color = dim
	}
	return fmt.Sprintf("    %s %s %s %s %s\n", paint.in(dim, e.Time.Format("15:04:05.000")), paint.in(blue, e.Function),
		paint.in(dim, e.RequestID), paint.in(dim, "|"), paint.in(color, printable(strings.TrimRight(e.Line, "\r\n"))))
}
