package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The sizes of the measurements, before scaling.
const (
	idleConnections    = 5000
	handshakes         = 5000
	echoConnections    = 1000
	messages           = 100 // on each
	forwardConnections = 100
	forwards           = 100 // on each
	pushConnections    = 1000
	pushes             = 20 // to each
)

// measurement is something that can be measured on a server.
type measurement struct {
	name, work string
	peers      bool // echo servers can do it, too
	run        func(ctx context.Context, s *server, set *settings) (sample, error)
}

var measurements = []measurement{
	{"handshake", "handshake", true, handshake},
	{"idle", "idle connection", true, idle},
	{"mock", "message, MOCK, reply", true, echo("mock", echoConnections, messages)},
	{"http", "message, HTTP backend, reply", false, echo("http", forwardConnections, forwards)},
	{"push", "signed push", false, push},
}

// measure runs everything, servers by turns.
func measure(ctx context.Context, set settings, out io.Writer) ([]*result, error) {
	folder, err := os.MkdirTemp("", "gangway-load-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "gangway")
	if err := build(ctx, path); err != nil {
		return nil, err
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	defer backend.Close()
	var results []*result
	for _, m := range slices.Concat(measurements, controlMeasurements()) {
		if !set.wanted(m.name) {
			continue
		}
		of := map[string]*result{}
		for round := range set.rounds {
			if err := m.round(ctx, &set, path, backend.URL, func(server string, run sample) {
				if of[server] == nil {
					of[server] = &result{work: m.work, server: server}
					results = append(results, of[server])
				}
				of[server].runs = append(of[server].runs, run)
			}); err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			_, _ = fmt.Fprintf(out, "%s: round %d of %d\n", m.work, round+1, set.rounds)
		}
	}
	return results, nil
}

// round measures each server once. Every server is new, so that no run pays for another.
func (m *measurement) round(ctx context.Context, set *settings, path, backend string, report func(string, sample)) error {
	starts := []func() (*server, error){func() (*server, error) {
		return startGateway(ctx, path, backend)
	}}
	if m.peers {
		for _, name := range []string{"raw", "gorilla", "coder"} {
			starts = append(starts, func() (*server, error) { return startPeer(ctx, name) })
		}
	}
	for _, begin := range starts {
		s, err := begin()
		if err != nil {
			return err
		}
		run, err := m.run(ctx, s, set)
		s.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		report(s.name, run)
	}
	return nil
}

// timed measures the server's CPU and the time of some work.
func (s *server) timed(run *sample, do func() error) error {
	before, err := s.cpu()
	if err != nil {
		return err
	}
	began, mine := time.Now(), ownCPU()
	if err := do(); err != nil {
		return err
	}
	run.elapsed, run.loader = time.Since(began), ownCPU()-mine
	after, err := s.cpu()
	run.cpu = after - before
	return err
}

func handshake(ctx context.Context, s *server, set *settings) (run sample, err error) {
	run.ops = set.count(handshakes)
	var conns []*conn
	err = s.timed(&run, func() (err error) {
		conns, err = openAll(ctx, s.url, run.ops)
		return err
	})
	closeAll(conns)
	return run, err
}

// idle weighs connections that do nothing: resident memory with them less without them. What a handshake needed and is not
// given back yet is part of it.
func idle(ctx context.Context, s *server, set *settings) (run sample, err error) {
	run.ops = set.count(idleConnections)
	warm, err := openAll(ctx, s.url, min(100, run.ops))
	if err != nil {
		return run, err
	}
	defer closeAll(warm)
	before, err := s.memory(ctx)
	if err != nil {
		return run, err
	}
	var conns []*conn
	err = s.timed(&run, func() (err error) {
		conns, err = openAll(ctx, s.url, run.ops)
		return err
	})
	defer closeAll(conns)
	if err != nil {
		return run, err
	}
	after, err := s.memory(ctx)
	run.bytes = after - before
	return run, err
}

// echo sends messages on many connections, on each the next when the last is answered.
func echo(route string, connections, perConnection int) func(context.Context, *server, *settings) (sample, error) {
	return func(ctx context.Context, s *server, set *settings) (run sample, err error) {
		conns, err := openAll(ctx, s.url, set.count(connections))
		if err != nil {
			return run, err
		}
		defer closeAll(conns)
		frame := textFrame(`{"action":"` + route + `","text":"` + strings.Repeat("m", 40) + `"}`)
		run.ops = len(conns) * perConnection
		latencies := make([][]time.Duration, len(conns))
		err = s.timed(&run, func() error {
			return onAll(conns, func(i int, c *conn) error {
				var err error
				latencies[i], err = converse(c, frame, perConnection)
				return err
			})
		})
		for _, part := range latencies {
			run.latencies = append(run.latencies, part...)
		}
		run.lost = run.ops - len(run.latencies)
		return run, err
	}
}

// converse sends a message some times, each when the one before is answered.
func converse(c *conn, frame []byte, times int) ([]time.Duration, error) {
	latencies := make([]time.Duration, 0, times)
	for range times {
		sent := time.Now()
		if _, err := c.Write(frame); err != nil {
			return latencies, err
		}
		payload, err := c.receive()
		if err != nil {
			return latencies, err
		}
		if len(payload) < 64 { // all answers are this long; an error frame names what went wrong
			return latencies, fmt.Errorf("unexpected answer %q", payload)
		}
		if strings.HasPrefix(string(payload), `{"message": "`) {
			return latencies, errors.New(string(payload))
		}
		latencies = append(latencies, time.Since(sent))
	}
	return latencies, nil
}

// onAll does something on all connections at once.
func onAll(conns []*conn, do func(i int, c *conn) error) error {
	return each(len(conns), len(conns), func(i int) error { return do(i, conns[i]) })
}

// push has backends send to all connections in turn, and counts what the clients get.
func push(ctx context.Context, s *server, set *settings) (run sample, err error) {
	conns, err := openAll(ctx, s.url, set.count(pushConnections))
	if err != nil {
		return run, err
	}
	defer closeAll(conns)
	urls := make([]string, len(conns))
	who := textFrame(`{"action":"who am I"}`)
	err = onAll(conns, func(i int, c *conn) error {
		urls[i], err = s.connectionURL(c, who)
		return err
	})
	if err != nil {
		return run, err
	}
	run.ops = len(conns) * pushes
	received := make([]int, len(conns))
	var readers sync.WaitGroup
	for i, c := range conns {
		readers.Go(func() {
			for received[i] < pushes {
				if _, err := c.receive(); err != nil {
					return
				}
				received[i]++
			}
		})
	}
	run.latencies = make([]time.Duration, run.ops)
	data := []byte(strings.Repeat("p", 64))
	const parallel = 32
	err = s.timed(&run, func() error {
		defer readers.Wait() // to the last message
		return each(parallel, run.ops, func(i int) error {
			sent := time.Now()
			status, answer, err := s.call(ctx, urls[i%len(urls)], "execute-api", data)
			run.latencies[i] = time.Since(sent)
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("%d %s", status, answer)
			}
			return err
		})
	})
	run.lost = run.ops
	for _, n := range received {
		run.lost -= n
	}
	return run, err
}

// connectionURL asks for the id of a connection in the one way that needs no backend: an error frame has it.
func (s *server) connectionURL(c *conn, question []byte) (string, error) {
	if _, err := c.Write(question); err != nil {
		return "", err
	}
	payload, err := c.receive()
	if err != nil {
		return "", err
	}
	var answer struct {
		ConnectionID string `json:"connectionId"`
	}
	err = json.Unmarshal(payload, &answer)
	return s.push + strings.TrimSuffix(answer.ConnectionID, "=") + "%3D", err
}
