package cli

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/tail"
	"gangway/internal/websocket"
)

type replayCommand struct {
	folderSettings

	File        string        `arg:"" help:"What was recorded: by tail --record, or the events of a test server. - for standard input."`
	URL         string        `required:"" placeholder:"URL" help:"Where to connect to: ws://localhost:8080/{api}/{stage}."`
	API         string        `name:"api" placeholder:"ID" help:"Replay what was recorded of this API only."`
	Stage       string        `placeholder:"NAME" help:"Replay what was recorded of this stage only."`
	Speed       float64       `placeholder:"NUMBER" help:"Keep the recorded pauses: 1 as they were, 2 at half their length. Default: as fast as answers come."`
	Timeout     time.Duration `default:"10s" placeholder:"TIME" help:"How long a handshake, and a message that was recorded, may take to come."`
	Wait        time.Duration `default:"200ms" placeholder:"TIME" help:"How long to wait in the end for messages that were not recorded."`
	Ignore      []string      `placeholder:"NAME" help:"Do not compare members of this name; can be repeated."`
	Header      []string      `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"Send a header with each handshake: recordings have none; can be repeated."`
	Subprotocol []string      `placeholder:"NAME" help:"Offer a subprotocol; can be repeated."`
	CA          string        `name:"ca" placeholder:"FILE" help:"Trust servers that these certificates have signed, in PEM."`
	Sign        bool          `help:"Sign each handshake, as connect --sign does."`
}

// Run replays, and says what was different.
func (c *replayCommand) Run(ctx context.Context, s *Streams) error {
	if c.Speed < 0 || c.Timeout <= 0 || c.Wait < 0 {
		return usagef("--speed and --wait: expected 0 or more; --timeout: more than 0")
	}
	source, err := input(s, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	events, err := c.read(source)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	r := &replay{command: c, streams: s, sessions: map[string]*session{}, mask: masking{ignored: c.Ignore}}
	if err := r.run(ctx, timeline(events)); err != nil {
		return err
	}
	if err := s.printf("%d messages on %d connections, %d differences\n", r.sent, len(r.sessions), r.differences); err != nil {
		return err
	}
	if r.differences > 0 {
		return errDiffers
	}
	return nil
}

// input opens a file, or standard input.
func input(s *Streams, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(s.Stdin), nil
	}
	return os.Open(name)
}

// read reads events: one after the other, or as a test server lists them.
func (c *replayCommand) read(source io.Reader) ([]tail.Event, error) {
	var all []tail.Event
	for decoder := json.NewDecoder(source); ; {
		var line struct {
			tail.Event

			Events []tail.Event `json:"events"`
		}
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if line.Events == nil {
			line.Events = []tail.Event{line.Event}
		}
		all = append(all, line.Events...)
	}
	all = slices.DeleteFunc(all, func(e tail.Event) bool {
		return e.Type == tail.Log || c.API != "" && e.API != c.API || c.Stage != "" && e.Stage != c.Stage
	})
	return all, checkRecording(all)
}

// checkRecording says why events cannot be replayed.
func checkRecording(all []tail.Event) error {
	stages := map[gateway.StageKey]bool{}
	for i := range all {
		e := &all[i]
		if e.Type == "" || e.Connection == "" {
			return fmt.Errorf("event %d: expected an event of tail --record or of a test server", i+1)
		}
		if isCut(e.Message) || isCut(e.Reply) {
			return fmt.Errorf("event %d: its bodies were cut; record with tail --record", i+1)
		}
		stages[gateway.StageKey{API: e.API, Stage: e.Stage}] = true
	}
	if len(stages) > 1 {
		return usagef("the recording has %d stages: choose one with --api and --stage", len(stages))
	}
	return nil
}

// isCut says whether a body was shortened to be shown.
func isCut(body string) bool { return strings.HasSuffix(body, "…") && len(body) > 4000 }

// A moment is one thing to do or to wait for.
type moment struct {
	at         time.Time
	connection string
	event      *tail.Event
	do         func(r *replay, ctx context.Context, m *moment) error
	body       string // to be sent, or to come
}

// timeline is what happened at clients, in the order in which it did: a message is sent when the gateway took it up, and what came of
// it, and what was pushed, comes when it was done.
func timeline(events []tail.Event) []moment {
	var all []moment
	for i := range events {
		e := &events[i]
		m := moment{at: e.Time, connection: e.Connection, event: e, body: e.Message}
		done := m
		done.at, done.do = e.Time.Add(time.Duration(e.Millis*float64(time.Millisecond))), (*replay).expect
		switch e.Type {
		case "CONNECT":
			m.do = (*replay).open
		case "MESSAGE":
			m.do = (*replay).send
		case "DISCONNECT":
			m.do = (*replay).close
		case "PUSH":
			if e.Status == 200 && strings.HasPrefix(e.RouteKey, "POST ") {
				all = append(all, done)
			}
			continue
		default:
			continue
		}
		all = append(all, m)
		if done.body = e.Reply; e.Type == "MESSAGE" && e.Reply != "" {
			all = append(all, done)
		}
	}
	leaveLast(all)
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

// leaveLast has connections closed when what came on them has come: a client may have had a reply, and left, before the gateway was
// done with the message.
func leaveLast(all []moment) {
	latest := map[string]time.Time{}
	for _, m := range all {
		if m.at.After(latest[m.connection]) {
			latest[m.connection] = m.at
		}
	}
	for i := range all {
		if all[i].event.Type == "DISCONNECT" {
			all[i].at = latest[all[i].connection].Add(1)
		}
	}
}

// frameOf is a recorded body as it goes over the wire.
func frameOf(body string) (op websocket.Opcode, payload []byte) {
	if coded, ok := strings.CutPrefix(body, tail.Binary); ok {
		if data, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return websocket.Binary, data
		}
	}
	return websocket.Text, []byte(body)
}

// shownFrame is the other way round.
func shownFrame(op websocket.Opcode, payload []byte) string {
	if op == websocket.Binary {
		return tail.Binary + base64.StdEncoding.EncodeToString(payload)
	}
	return string(payload)
}

// numbered is the name of a connection in the output: the recorded id means nothing to the API that it is replayed against.
func numbered(n int, id string) string { return fmt.Sprintf("connection %d (%s)", n, cmp.Or(id, "?")) }
