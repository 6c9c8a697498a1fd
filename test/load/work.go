//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gangway/test/load/client"
)

// measurement is something that can be measured on a server.
type measurement struct {
	name, title string
	run         func(ctx context.Context, r *running) error
	optional    bool // made only where it is named
	once        bool // takes so long, or varies so little, that it is not repeated
	processes   int  // of the server; 0: one
	connections int  // that it makes no sense without; 0: with fewer, too
	authorized  bool // the gateway's API has an authorizer, whose answer it keeps for each connection
	routes      int  // that the gateway's API has besides
	tls         bool
}

// family is the name without a size, as in idle10k: -only takes it for all of them.
func (m *measurement) family() string {
	name := strings.TrimSuffix(m.name, "k")
	if family := strings.TrimRight(name, "0123456789"); family != name {
		return family
	}
	return m.name
}

// chosen says whether a measurement is to be made.
func (m *measurement) chosen(set *settings) bool {
	if set.only == "" {
		return !m.optional
	}
	return wanted(set.only, m.name) || wanted(set.only, m.family())
}

// The sizes of the measurements, before scaling. A process may have 20,000 files open on the machines that this is run on.
const (
	handshakes      = 10_000
	fullProcess     = 18_000 // connections
	echoConnections = 1_000
	forwarding      = 100 // connections
	pushConnections = 1_000
	pushesAtMost    = 100_000
	pushParallel    = 32
	broadcastTo     = 10_000
	broadcasts      = 5
	opsAtMost       = 1_000_000
	dialParallel    = 64
	runTime         = 2 * time.Second
	warmTime        = 300 * time.Millisecond
	settleTime      = 15 * time.Second
	warmConnections = 200
)

// measurements are all there are, those of the targets first.
func measurements(set *settings) []measurement {
	all := []measurement{
		{name: "idle54k", title: "idle connection, 3 × 18,000", run: idle(fullProcess), processes: 3, connections: 3 * fullProcess, authorized: true},
		{name: "mock", title: "message, MOCK, reply; 1,000 connections", run: echo("mock", echoConnections)},
		{name: "push", title: "push by HTTP to one client, signed here", run: push(1)},
		{name: "http", title: "message, HTTP backend, reply; 100 connections", run: echo("http", forwarding)},
		{name: "broadcast", title: "delivery of a broadcast to 10,000", run: broadcast},
		{name: "burst", title: "push, ten at once to one client", run: push(10)},
		{name: "handshake", title: "handshake", run: handshake},
		holdMeasurement(set),
		{name: "start", title: "start to serving, nothing defined yet", run: startUp},
	}
	all = append(all, tlsMeasurements()...)
	for _, thousands := range []int{1, 10, 18} {
		all = append(all, measurement{
			name: fmt.Sprintf("idle%dk", thousands), title: fmt.Sprintf("idle connection, %d,000", thousands),
			run: idle(thousands * 1000), connections: thousands * 1000, authorized: true, optional: true,
		})
	}
	for _, active := range []int{1, 10, 100, 10_000} {
		all = append(all, measurement{
			name: fmt.Sprint("active", active), title: fmt.Sprintf("message, MOCK, reply; %d connections", active),
			run: echo("mock", active), optional: true,
		})
	}
	for _, routes := range []int{10, 100, 300} {
		all = append(all, measurement{
			name: fmt.Sprint("routes", routes), title: fmt.Sprintf("message, MOCK, reply; 1,000 connections, %d routes", routes),
			run: echo("mock", echoConnections), routes: routes - 2, optional: true,
		})
	}
	for _, thousands := range []int{1, 18} {
		all = append(all, measurement{
			name: fmt.Sprintf("gc%dk", thousands), title: fmt.Sprintf("message, MOCK, reply; 100 of %d,000 connections, and collections meanwhile", thousands),
			run: collect(thousands * 1000), optional: true,
		})
	}
	return append(all, controlMeasurements()...)
}

// dial opens connections to each of the server's processes.
func (r *running) dial(ctx context.Context, n int) (*client.Report, error) {
	return r.do(ctx, r.dialing(n))
}

func (r *running) dialing(n int) func(*server) client.Order {
	return func(s *server) client.Order {
		o := client.Order{Do: "dial", Address: s.address, Path: s.path, Count: n, Parallel: dialParallel, Expect: s.greeting}
		if r.shy {
			o.Parallel = 1
		}
		return o
	}
}

// fitting is a number of connections that one process of the server can have.
func (r *running) fitting(n int) int {
	n = r.set.count(n)
	if r.most > 0 {
		n = min(n, r.most)
	}
	return n
}

func handshake(ctx context.Context, r *running) error {
	if _, err := r.dial(ctx, r.set.count(warmConnections)); err != nil {
		return err
	}
	_, err := r.timed(ctx, r.dialing(r.fitting(handshakes)))
	return err
}

// idle weighs connections that do nothing.
func idle(connections int) func(context.Context, *running) error {
	return func(ctx context.Context, r *running) error {
		return r.weigh(ctx, r.dialing(r.set.count(warmConnections)), r.dialing(r.fitting(connections)))
	}
}

// weigh opens some connections and then many, and weighs these: the server's memory with them less without them, when it has
// settled. What a handshake needed and is not given back yet is part of it.
func (r *running) weigh(ctx context.Context, some, many func(*server) client.Order) error {
	if _, err := r.do(ctx, some); err != nil {
		return err
	}
	before, err := r.settled(ctx)
	if err != nil {
		return err
	}
	report, err := r.timed(ctx, many)
	if err != nil {
		return err
	}
	after, err := r.settled(ctx)
	if took := float64(after - before); took > wavers*float64(before) {
		r.sample.Values[memory] = took / float64(report.Received)
	} else if err == nil {
		_, _ = fmt.Fprintf(r.out, "%s, %s: %d connections weigh too little to be told from the %d MB that the server takes by itself\n",
			r.measurement.name, r.contender.name, report.Received, before>>20)
	}
	return err
}

// wavers is the part of what a server takes by itself that comes and goes with what its heap has left to collect. Connections that
// take no more than that are not weighed.
const wavers = 0.2

func (r *running) settled(ctx context.Context) (int, error) {
	return r.total(func(s *server) (int, error) { return s.Settled(ctx, r.while(settleTime)) })
}

// message is what clients send.
func message(route string) string {
	return `{"action":"` + route + `","text":"` + strings.Repeat("m", 40) + `"}`
}

// echo sends messages on connections, on each the next when the last is answered.
func echo(route string, connections int) func(context.Context, *running) error {
	return func(ctx context.Context, r *running) error {
		if err := r.acquainted(ctx, connections); err != nil {
			return err
		}
		talk := func(d time.Duration) func(*server) client.Order {
			return func(s *server) client.Order {
				o := client.Order{Do: "talk", Text: message(route), Ops: opsAtMost, Time: r.while(d)}
				if s.text != "" {
					o.Text, o.Expect = s.text, s.expect
				}
				return o
			}
		}
		if _, err := r.do(ctx, talk(warmTime)); err != nil {
			return err
		}
		_, err := r.timed(ctx, talk(runTime))
		return err
	}
}

// acquainted opens connections and says hello, where that is wanted.
func (r *running) acquainted(ctx context.Context, connections int) error {
	if _, err := r.dial(ctx, r.fitting(connections)); err != nil || r.servers[0].hello == nil {
		return err
	}
	_, err := r.do(ctx, func(s *server) client.Order {
		o := *s.hello
		o.Ops, o.Time = r.fitting(connections), time.Minute
		return o
	})
	return err
}

// push has backends send to all connections in turn, so many requests at once for each.
func push(burst int) func(context.Context, *running) error {
	return func(ctx context.Context, r *running) error {
		if err := r.reachable(ctx, pushConnections); err != nil {
			return err
		}
		if _, err := r.do(ctx, r.pushing(r.amount(pushesAtMost/20), warmTime, burst)); err != nil {
			return err
		}
		_, err := r.timed(ctx, r.pushing(r.amount(pushesAtMost), runTime, burst))
		return err
	}
}

// reachable opens connections and learns how to reach them.
func (r *running) reachable(ctx context.Context, connections int) error {
	if _, err := r.dial(ctx, r.fitting(connections)); err != nil {
		return err
	}
	var order client.Order
	switch s := r.servers[0]; {
	case s.question != "":
		order = client.Order{Do: "ask", Text: s.question}
	case s.late:
		order = client.Order{Do: "talk", Text: message("mock"), Time: time.Minute, Once: true}
	default:
		return nil
	}
	_, err := r.do(ctx, func(*server) client.Order { return order })
	return err
}

func (r *running) pushing(ops int, d time.Duration, burst int) func(*server) client.Order {
	return func(s *server) client.Order {
		o := s.push
		o.Do, o.Ops, o.Time, o.Parallel, o.Burst = "push", ops, r.while(d), pushParallel, burst
		if d == 0 {
			o.Time = time.Minute // all of them are to be sent
		}
		return o
	}
}

// broadcast has one message reach many connections: by one request where the server has one for that, else by one for each.
func broadcast(ctx context.Context, r *running) error {
	if err := r.reachable(ctx, broadcastTo); err != nil {
		return err
	}
	order := r.pushing(r.fitting(broadcastTo), 0, 1)
	if r.servers[0].broadcast.Address != "" {
		order = func(s *server) client.Order {
			o := s.broadcast
			o.Do = "post"
			return o
		}
	}
	if _, err := r.do(ctx, order); err != nil {
		return err
	}
	var lasts []float64
	for range broadcasts {
		report, err := r.timed(ctx, order)
		if err != nil {
			return err
		}
		lasts = append(lasts, report.Elapsed.Seconds()*1000)
	}
	slices.Sort(lasts)
	r.sample.Values[last] = median(lasts)
	return nil
}
