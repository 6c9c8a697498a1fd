//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gangway/test/load/client"
	"gangway/test/load/process"
)

// bench is what all measurements of a run share.
type bench struct {
	set      *settings
	out      io.Writer
	folder   string // thrown away at the end
	guard    *process.Guard
	gateway  string // the program
	baseline string // the program of another revision; empty: none
	backend  *process.Group
	trace    *trace
	// certificate is for servers with TLS.
	certificate certificate
	loaders     []*client.Loader // kept from one run to the next
	results     []*result
}

// errAbsent says that a server is not there to be started.
var errAbsent = errors.New("not installed")

// measure runs everything, servers by turns.
func measure(ctx context.Context, set *settings, out io.Writer) error {
	b := &bench{set: set, out: out, trace: &trace{}}
	defer b.close()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%s, %d cores, %s; scale %g, %d rounds\n", kernel(), runtime.NumCPU(), runtime.Version(), set.scale, set.rounds)
	_, _ = fmt.Fprintf(out, "beside: %s\n", strings.Join(set.versions(), ", "))
	var failed error
	for _, m := range measurements(set) {
		if !m.chosen(set) || failed != nil {
			continue
		}
		if err := b.rounds(ctx, &m); err != nil {
			failed = fmt.Errorf("%s: %w", m.name, err)
		}
	}
	set.show(out, b.results)
	set.summary(out, b.results)
	set.grown(out, b.results, set.scale)
	set.judge(out, b.results, set.scale)
	if set.out != "" {
		failed = errors.Join(failed, save(set, b.results))
	}
	return failed
}

// prepare builds and starts what all runs need.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.folder, err = os.MkdirTemp("", "gangway-load-"); err != nil {
		return err
	}
	if b.guard, err = process.NewGuard(ctx, "-keep"); err != nil {
		return err
	}
	b.guard.Discard(b.folder)
	if b.certificate, err = makeCertificate(b.folder); err != nil {
		return err
	}
	sources, err := repository(ctx)
	if err != nil {
		return err
	}
	if b.gateway = b.set.gateway; b.gateway == "" {
		b.gateway = filepath.Join(b.folder, "gangway")
		if err := build(ctx, sources, b.gateway); err != nil {
			return err
		}
	}
	if b.set.baseline != "" {
		b.baseline = filepath.Join(b.folder, "baseline")
		if err := buildRevision(ctx, sources, b.set.baseline, filepath.Join(b.folder, "revision"), b.baseline); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.backend, err = b.guard.Start(ctx, process.Command{Path: self, Args: []string{"-peer", "backend", "", "", ""}})
	return err
}

func (b *bench) close() {
	if b.guard != nil {
		b.guard.Close()
	}
	if b.folder != "" {
		_ = os.RemoveAll(b.folder)
	}
}

// rounds makes one measurement on all servers that can take part, some times.
func (b *bench) rounds(ctx context.Context, m *measurement) error {
	of := map[string]*result{}
	absent := map[string]bool{}
	rounds := b.set.rounds
	if m.once {
		rounds = 1
	}
	for round := range rounds {
		for _, c := range contenders() {
			if !c.can(m) || !wanted(b.set.servers, c.name) || absent[c.name] {
				continue
			}
			run, err := b.tried(ctx, m, &c)
			if err != nil && (c.name == ours || ctx.Err() != nil) {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if err != nil {
				absent[c.name] = true
				b.leaveOut(&c, err)
				continue
			}
			if of[c.name] == nil {
				of[c.name] = &result{Work: m.name, Title: m.title, Server: c.name}
				b.results = append(b.results, of[c.name])
			}
			run.Round = round + 1
			of[c.name].Runs = append(of[c.name].Runs, *run)
			_, _ = fmt.Fprintf(b.out, "%s, round %d of %d, %s: %s\n", m.name, round+1, rounds, c.name, run)
		}
	}
	return nil
}

// leaveOut says that a peer is not there, or not up to it. Only the gateway has to be.
func (b *bench) leaveOut(c *contender, err error) {
	if !errors.Is(err, errAbsent) || c.name != "baseline" {
		_, _ = fmt.Fprintf(b.out, "%s is left out: %v\n", c.name, err)
	}
}

// attempts is how often a peer may fail before it is left out: Pushpin refuses a request in ten thousand. The gateway must not.
const attempts = 3

func (b *bench) tried(ctx context.Context, m *measurement, c *contender) (run *sample, err error) {
	for number := range attempts {
		run, err = b.once(ctx, m, c)
		if err == nil || c.name == ours || errors.Is(err, errAbsent) || ctx.Err() != nil {
			break
		}
		_, _ = fmt.Fprintf(b.out, "%s has failed, %d of %d: %v\n", c.name, number+1, attempts, err)
	}
	return run, err
}

// once measures one server once. Every server is new, so that no run pays for another.
func (b *bench) once(ctx context.Context, m *measurement, c *contender) (*sample, error) {
	r := &running{bench: b, measurement: m, contender: c, sample: &sample{Values: map[metric]float64{}}}
	defer r.end(context.WithoutCancel(ctx))
	for range max(1, m.processes) {
		s, err := c.start(ctx, b, m)
		if err != nil {
			return nil, err
		}
		r.servers = append(r.servers, s)
	}
	for number := len(b.loaders); number < len(r.servers); number++ {
		loader, err := client.Start(ctx, b.guard, "-loader", fmt.Sprint(number))
		if err != nil {
			return nil, err
		}
		b.loaders = append(b.loaders, loader)
	}
	if err := m.run(ctx, r); err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	peak, err := r.total(func(s *server) (int, error) { return s.Peak() })
	if err != nil {
		return nil, err
	}
	r.sample.Values[peakMemory] = float64(peak)
	return r.sample, nil
}

// end lets go of the connections and stops the servers. Loaders that have failed are in an unknown state, so they are replaced.
func (r *running) end(ctx context.Context) {
	broken := false
	for i := range min(len(r.servers), len(r.loaders)) {
		_, err := r.loaders[i].Do(ctx, &client.Order{Do: "close"})
		broken = broken || err != nil
	}
	for _, s := range r.servers {
		s.stop()
	}
	if broken {
		for _, l := range r.loaders {
			l.Stop()
		}
		r.loaders = nil
	}
}

// running is one run of one measurement on one server.
type running struct {
	*bench
	*measurement
	*contender
	servers []*server
	sample  *sample
}

// amount is a number to the scale of the run and of the server.
func (r *running) amount(n int) int { return max(1, r.set.count(n)/max(1, r.slow)) }

// while is a time to the scale of the run.
func (r *running) while(d time.Duration) time.Duration {
	return time.Duration(float64(d) * min(1, max(r.set.scale, 0.02)))
}

// total adds up a figure over the server's processes.
func (r *running) total(of func(*server) (int, error)) (int, error) {
	total := 0
	for _, s := range r.servers {
		n, err := of(s)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// do has an order done by the loaders of all servers, at once, and adds the reports up. The order is made for each.
func (r *running) do(ctx context.Context, order func(s *server) client.Order) (*client.Report, error) {
	type answer struct {
		report *client.Report
		err    error
	}
	answers := make(chan answer, len(r.servers))
	for i, s := range r.servers {
		o, loader := order(s), r.loaders[i]
		go func() {
			report, err := loader.Do(ctx, &o)
			answers <- answer{report, err}
		}()
	}
	all := &client.Report{Latency: &client.Histogram{}}
	var errs []error
	for range r.servers {
		a := <-answers
		if errs = append(errs, a.err); a.err == nil {
			add(all, a.report)
		}
	}
	return all, errors.Join(errs...)
}

func add(to, from *client.Report) {
	to.Sent += from.Sent
	to.Received += from.Received
	to.Open += from.Open
	to.Dropped += from.Dropped
	to.Why = cmp.Or(to.Why, from.Why)
	to.Elapsed = max(to.Elapsed, from.Elapsed)
	to.CPU = max(to.CPU, from.CPU) // the one that had most to do counts
	to.Latency.Merge(from.Latency)
}

// timed has an order done and notes what it cost the server: the sample's common figures.
func (r *running) timed(ctx context.Context, order func(s *server) client.Order) (*client.Report, error) {
	before, err := r.cpu()
	if err != nil {
		return nil, err
	}
	report, err := r.do(ctx, order)
	if err != nil {
		return nil, err
	}
	after, err := r.cpu()
	if err != nil {
		return nil, err
	}
	r.note(report, after-before)
	return report, nil
}

// note adds to the sample what some work came to.
func (r *running) note(report *client.Report, cost time.Duration) {
	s := r.sample
	s.Connections = max(s.Connections, report.Open)
	s.Ops, s.Lost = s.Ops+report.Received, s.Lost+report.Sent-report.Received
	s.cpu, s.elapsed, s.loader = s.cpu+cost, s.elapsed+report.Elapsed, s.loader+report.CPU
	s.Values[cpu] = float64(s.cpu.Nanoseconds()) / 1000 / float64(s.Ops)
	s.Values[rate] = float64(s.Ops) / s.elapsed.Seconds()
	if s.loader > 0 {
		s.Values[loaderCores] = s.loader.Seconds() / s.elapsed.Seconds()
	}
	if report.Latency.Count() > 0 {
		s.Values[p50] = report.Latency.Quantile(0.5).Seconds() * 1000
		s.Values[p99] = report.Latency.Quantile(0.99).Seconds() * 1000
	}
}

func (r *running) cpu() (time.Duration, error) {
	n, err := r.total(func(s *server) (int, error) {
		d, err := s.CPU()
		return int(d), err
	})
	return time.Duration(n), err
}

// names are those of all measurements, without sizes.
func names() []string {
	var all []string
	for _, m := range measurements(&settings{}) {
		all = append(all, m.family())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "Linux"
	}
	return "Linux " + string(text[:len(text)-1])
}
