package journal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Limits of a call of PutLogEvents: how many events, how many bytes, each event counting 26 more than it has, and over what
// time. "PutLogEvents" in the Amazon CloudWatch Logs API reference.
const (
	maxEvents     = 10_000
	maxEventBytes = 1_048_576
	eventOverhead = 26
	maxEventSpan  = 24 * 60 * 60 * 1000
)

// event is a line for CloudWatch Logs.
type event struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type putEventsInput struct {
	LogGroupName  string  `json:"logGroupName"`
	LogStreamName string  `json:"logStreamName,omitempty"`
	LogEvents     []event `json:"logEvents,omitempty"`
}

type putEventsOutput struct {
	Rejected *struct {
		TooNewStart *int `json:"tooNewLogEventStartIndex"`
		TooOldEnd   *int `json:"tooOldLogEventEndIndex"`
		ExpiredEnd  *int `json:"expiredLogEventEndIndex"`
	} `json:"rejectedLogEventsInfo"`
}

var errRejected = errors.New("journal: PutLogEvents: the service says that the clock of this machine is wrong")

// putEvents sends lines to CloudWatch Logs, as many calls as it takes. A group or stream that is not there is made.
func (c *cloud) putEvents(ctx context.Context, g *group, blocks []block) (int, error) {
	written := 0
	var failed error
	for _, events := range batches(eventsOf(blocks)) {
		in := putEventsInput{g.name, c.Stream, events}
		var out putEventsOutput
		made := false
		err := c.retry(ctx, func() error {
			err := c.call(ctx, logs, g, "PutLogEvents", in, &out)
			if is(err, "ResourceNotFoundException") && !made {
				made = true
				if err = c.makeStream(ctx, g); err == nil {
					err = c.call(ctx, logs, g, "PutLogEvents", in, &out)
				}
			}
			return err
		})
		switch {
		case err == nil && out.Rejected != nil:
			failed = errRejected
		case err == nil:
			written += len(events)
		default:
			return written, err
		}
	}
	return written, failed
}

// makeStream makes the log group and the log stream, as far as they are not there.
func (c *cloud) makeStream(ctx context.Context, g *group) error {
	const there = "ResourceAlreadyExistsException"
	for _, step := range []struct {
		action string
		in     putEventsInput
	}{
		{"CreateLogGroup", putEventsInput{LogGroupName: g.name}},
		{"CreateLogStream", putEventsInput{LogGroupName: g.name, LogStreamName: c.Stream}},
	} {
		if err := c.call(ctx, logs, g, step.action, step.in, nil); err != nil && !is(err, there) {
			return fmt.Errorf("log group %s: %w", g.name, err)
		}
	}
	return nil
}

// eventsOf are lines as events, in order of their time.
func eventsOf(blocks []block) []event {
	var events []event
	for _, b := range blocks {
		for line := range bytes.Lines(b.text) {
			events = append(events, event{b.at.UnixMilli(), string(bytes.TrimSuffix(line, newline))})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	return events
}

// batches parts events by the limits of a call.
func batches(events []event) [][]event {
	var all [][]event
	first, size := 0, 0
	for i, e := range events {
		more := len(e.Message) + eventOverhead
		if i-first == maxEvents || size+more > maxEventBytes || e.Timestamp-events[first].Timestamp >= maxEventSpan {
			all = append(all, events[first:i])
			first, size = i, 0
		}
		size += more
	}
	if first < len(events) {
		all = append(all, events[first:])
	}
	return all
}
