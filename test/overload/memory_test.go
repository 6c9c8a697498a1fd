//go:build linux

package overload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// allowance is the memory that a node may have.
const allowance = 512 * megabyte

// confined is a command that runs another one in a memory cgroup of its own, or the test is skipped: cgroups of version 1,
// "Memory Resource Controller" in the documentation of Linux.
func confined(t *testing.T, bytes int) (command []string, group string) {
	t.Helper()
	group = fmt.Sprintf("/sys/fs/cgroup/memory/gangway-overload-%d-%d", os.Getpid(), time.Now().UnixNano())
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("SKIPPED: a memory cgroup cannot be made here, so nothing is known about little memory: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(group) }) // once the program has ended
	if err := os.WriteFile(filepath.Join(group, "memory.limit_in_bytes"), []byte(strconv.Itoa(bytes)), 0o600); err != nil {
		t.Skipf("SKIPPED: a memory cgroup cannot be limited here: %v", err)
	}
	return []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, group}, group
}

// pressure is a way of taking more than a node has. It begins something, and stop ends it.
type pressure struct {
	name  string
	press func(t *testing.T, s *stage) (stop func())
}

var pressures = []pressure{
	{name: "twice as many messages", press: hurry},
	{name: "large messages to a backend that hangs", press: burden},
	{name: "messages half sent", press: pause},
	{name: "clients that do not read", press: flush},
}

// TestMemory: a node with 512 MB that is asked for more than it can do is not killed for taking too much, goes on answering, and
// so does its control plane.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes its time")
	}
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			for _, row := range pressures {
				t.Run(row.name, func(t *testing.T) {
					slow := hang(t)
					limit, group := confined(t, allowance)
					s := startUnder(t, limit, engine.flags...).define(t, nil, echoing, lengthy, route{key: "slow", uri: slow.URL})
					before := s.rest(t)
					good := s.gather(t, 100, visitor{})
					while := time.Duration(sized(500, 60_000)) * time.Millisecond
					peak := good.talkFor(t, s, while)
					stop := row.press(t, s)
					beside := good.talkFor(t, s, while)
					used := memoryOf(t, group)
					stop()
					slow.release()
					if beside.err != nil && s.hasEnded() {
						t.Fatalf("the node has ended with %v, %s of %s were used: %s", s.err, mega(used), mega(allowance), s.output)
					}
					must(t, errors.Join(peak.err, beside.err))
					t.Logf("%s of %s were used at most; %.0f answers a second alone, %.0f beside (the bar is 80 %%)", mega(used), mega(allowance), peak.rate, beside.rate)
					// Half a second says nothing of a machine that has others to serve.
					if isLarge() && beside.rate < peak.rate*0.08 && max(slowness(), measure()) < unsure {
						t.Errorf("of %.0f answers a second %.0f are left", peak.rate, beside.rate)
					}
					within(t, "p99 of the admin listener", beside.admin.quantile(99), time.Second)
					t.Logf("answers to clients that behave: p50 %s, p99 %s alone; p50 %s, p99 %s beside", short(peak.all.quantile(50)), short(peak.all.quantile(99)),
						short(beside.all.quantile(50)), short(beside.all.quantile(99)))
					must(t, good.round(1, new(times)))
					for _, c := range good {
						c.drop()
					}
					s.settle(t, before)
				})
			}
		})
	}
}

// TestFullHouse: more clients than there is memory for are told to come again, those who are there notice nothing, and when
// they leave others are let in.
func TestFullHouse(t *testing.T) {
	const limit, most = 64 * megabyte, 8000
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, append(engine.flags, "--memory-limit", strconv.Itoa(limit))...).define(t, nil, echoing)
			how := visitor{tls: s.trusting(t)}
			before := s.rest(t)
			var all crowd
			defer func() {
				for _, c := range all {
					c.drop()
				}
			}()
			var err error
			for len(all) < most && err == nil {
				var c *client
				if c, err = s.dial(t.Context(), how); err == nil {
					all = append(all, c)
				}
			}
			if err == nil || err.Error() != "refused with 503" {
				t.Fatalf("%d clients by TLS are let in with %s, and then: %v", len(all), mega(limit), err)
			}
			t.Logf("%d clients by TLS have taken %s of %s", len(all), mega(s.memory(t, "VmHWM")-before.resident), mega(limit))
			must(t, all.round(1, new(times)))
			for _, c := range all {
				c.drop()
			}
			left := time.Now()
			if !eventually(func() bool {
				c, err := s.dial(t.Context(), how)
				if err == nil {
					c.drop()
				}
				return err == nil
			}) {
				t.Error("all have left, and nobody is let in")
			}
			within(t, "the next client is let in, after all have left, in", time.Since(left), 5*time.Second)
			s.settle(t, before)
		})
	}
}

// spell is how a while went.
type spell struct {
	rate       float64 // of answers to all clients, in a second
	all, admin times   // that answers took, to clients that behave and of the admin listener
	err        error
}

// talkFor has a crowd talk for a while, and asks the admin listener meanwhile.
func (c crowd) talkFor(t *testing.T, s *stage, while time.Duration) *spell {
	t.Helper()
	went := new(spell)
	var begun time.Time
	var first int
	for number := 1; number < 3 || time.Since(begun) < while; number++ {
		ask := time.Now()
		samples, err := s.metrics(t.Context())
		went.admin.add(time.Since(ask))
		sent := tally(samples, "gangway_messages_total", `direction="out"`)
		if number == 1 {
			begun, first = ask, sent
		}
		went.rate = float64(sent-first) / time.Since(begun).Seconds()
		if err == nil {
			err = c.round(number, &went.all)
		}
		if went.err = err; err != nil {
			break
		}
	}
	return went
}

// hasEnded says that the process has ended, or does now.
func (p *process) hasEnded() bool {
	select {
	case <-p.done:
		return true
	case <-time.After(blink):
		return false
	}
}

// memoryOf is the most that a cgroup has used.
func memoryOf(t *testing.T, group string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(group, "memory.max_usage_in_bytes"))
	must(t, err)
	used, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	return used
}

// company connects clients who leave, and whose writers have ended, when stop is called.
func (s *stage) company(t *testing.T, n int, how visitor, do func(ctx context.Context, c *client)) (stop func()) {
	t.Helper()
	all := s.gather(t, n, how)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var under sync.WaitGroup
	for _, c := range all {
		under.Go(func() { do(ctx, c) })
	}
	return func() {
		cancel()
		for _, c := range all {
			c.drop()
		}
		under.Wait()
	}
}

// hurry is messages as fast as they are taken, by clients who do not wait for answers.
func hurry(t *testing.T, s *stage) (stop func()) {
	t.Helper()
	words := strings.Repeat(frame(text, `{"action":"echo","n":"1"}`), 100)
	return s.company(t, 20, visitor{}, func(ctx context.Context, c *client) {
		go func() { _, _ = io.Copy(io.Discard, c) }()
		for ctx.Err() == nil && c.write(words) == nil {
		}
	})
}

// burden is messages of 128 KB for a backend that hangs, which wait there and on the way.
func burden(t *testing.T, s *stage) (stop func()) {
	t.Helper()
	message := `{"action":"slow","rest":"`
	message += strings.Repeat("x", most-len(message)-2) + `"}`
	words := frame(0x01, message[:most/4]) + frame(0x00, message[most/4:most/2]) + frame(0x00, message[most/2:3*most/4]) + frame(final, message[3*most/4:])
	return s.company(t, 400, visitor{}, func(ctx context.Context, c *client) {
		for range 16 {
			if ctx.Err() == nil {
				_ = c.write(words)
			}
		}
	})
}

// pause is messages of which the last byte does not come.
func pause(t *testing.T, s *stage) (stop func()) {
	t.Helper()
	part := strings.Repeat("x", most/4)
	words := frame(0x01, part) + frame(0x00, part) + frame(0x00, part) + frame(0x00, part[1:])
	return s.company(t, 1000, visitor{}, func(_ context.Context, c *client) { _ = c.write(words) })
}

// flush is replies for clients that do not read them: a MiB waits for each.
func flush(t *testing.T, s *stage) (stop func()) {
	t.Helper()
	words := strings.Repeat(frame(text, `{"action":"long"}`), 45)
	return s.company(t, 1000, visitor{narrow: true}, func(_ context.Context, c *client) { _ = c.write(words) })
}
