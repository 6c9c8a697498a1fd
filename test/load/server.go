//go:build linux

package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gangway/test/load/client"
	"gangway/test/load/process"
)

// server is something to connect to.
type server struct {
	*process.Group
	address string // of the WebSocket endpoint
	path    string // of handshakes; {n} is the number of a connection
	// push and broadcast are requests by which a backend sends to one connection or to all; without an address: there are none.
	push, broadcast client.Order
	// question is a message whose answer has the connection's id; empty: pushes need none.
	question string
	// late servers know a connection only when they have answered its first message.
	late bool
	// greeting is how the message begins by which the server says that a connection is open; empty: there is none.
	greeting string
	// hello is what clients have to say before anything else; nil: nothing. text is the message that is answered with one that
	// begins with expect; empty: the one for all.
	hello        *client.Order
	text, expect string
	control      *plane // of a gateway
	program      string // that it runs
	started      time.Duration
	folder       string // thrown away when it has ended
}

func (s *server) stop() {
	s.Stop()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

// contender is a server that can be started, and the measurements that it can take part in.
type contender struct {
	name  string
	does  string
	start func(ctx context.Context, b *bench, m *measurement) (*server, error)
	// slow divides the work for servers that take so much longer that the run would never end.
	slow int
	// most bounds the connections of one process; 0: as many as there are to be.
	most int
	// shy servers fail when handshakes come at once.
	shy bool
}

func (c *contender) can(m *measurement) bool {
	return slices.Contains(strings.Fields(c.does), m.family())
}

// What the echo servers do, what more those do that know their connections, and what gateways do.
const (
	echoes   = "handshake idle mock active"
	pushes   = " push broadcast"
	gateways = echoes + pushes + " burst http routes start tls tlsidle gc cycle deploy"
)

// contenders are all servers, in the order of their turns.
func contenders() []contender {
	all := []contender{
		{name: ours, does: gateways + " hold", start: startGateway},
		{name: "baseline", does: gateways, start: startBaseline},
		{name: "limit", does: echoes + pushes + " burst http hold start gc", start: built("limit")},
		{name: "gorilla", does: echoes + pushes + " gc tls tlsidle", start: built("gorilla")},
		{name: "gws", does: echoes + pushes + " gc", start: built("gws")},
		{name: "gobwas", does: echoes + " gc", start: built("gobwas")},
		{name: "coder", does: echoes + " gc", start: built("coder")},
	}
	return append(all, installed()...)
}

// ours is the name of the gateway.
const ours = "gangway"

// built starts this very program as a peer.
func built(name string) func(context.Context, *bench, *measurement) (*server, error) {
	return func(ctx context.Context, b *bench, m *measurement) (*server, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command := process.Command{Path: self, Args: []string{"-peer", name, b.backend.First, "", ""}, Log: b.log()}
		if m.tls {
			command.Args = []string{"-peer", name, b.backend.First, b.certificate.chain, b.certificate.key}
		}
		b.traced(m, &command)
		began := time.Now()
		group, err := b.guard.Start(ctx, command)
		if err != nil {
			return nil, err
		}
		s := &server{Group: group, address: group.First, path: "/{n}", program: self, started: time.Since(began)}
		s.push = client.Order{Address: s.address, Path: "/{n}"}
		s.broadcast = client.Order{Address: s.address, Path: "/all"}
		s.late = name != "limit"
		if name == "limit" {
			s.broadcast.Path = "/1000000" // the number of nobody
		}
		return s, nil
	}
}

// log is where servers' complaints go.
func (b *bench) log() io.Writer {
	if b.set.verbose {
		return os.Stderr
	}
	return io.Discard
}

// traced has the Go runtime of a server say what its collections take, where that is measured.
func (b *bench) traced(m *measurement, command *process.Command) {
	if m.family() == "gc" {
		b.trace.reset()
		command.Env, command.Log = append(command.Env, "GODEBUG=gctrace=1"), b.trace
	}
}
