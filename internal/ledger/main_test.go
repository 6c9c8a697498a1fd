package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/ledger"
)

// The test binary is also the process that is killed.
const childDir = "GANGWAY_LEDGER_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(scribble(dir))
	}
	os.Exit(m.Run())
}

// sealer makes the ids of tests.
var sealer = gateway.NewSealer([16]byte{1})

// entry is that of the connection in a slot.
func entry(slot int) *ledger.Entry {
	id := sealer.Seal(gateway.Handle{Incarnation: 1, Slot: uint32(slot), Tag: 7})
	return &ledger.Entry{
		Connection: gateway.Connection{
			ID: id, API: "a1b2c3d4e5", Stage: "prod", DomainName: "example.com", ConnectedAt: time.Unix(1_700_000_000, int64(slot)).UTC(),
			SourceIP: "192.0.2.1", UserAgent: "test",
			Identity: &gateway.Identity{APIKey: "a secret key", Authorizer: &gateway.Authorization{
				PrincipalID: "me", Context: gateway.Params{{Name: "plan", Value: "secret plan"}}, Latency: time.Millisecond,
			}},
		},
		RequestID: gateway.FarewellID(id),
	}
}

// logs is a log that can be searched.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// clock is moved on by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// book is a ledger under test.
type book struct {
	*ledger.Ledger
	log *logs
}

func config(dir string) ledger.Config {
	return ledger.Config{Dir: dir, Secret: []byte("0123456789abcdef"), Sealer: sealer}
}

func open(tb testing.TB, cfg ledger.Config) *book {
	tb.Helper()
	b := &book{log: new(logs)}
	cfg.Log = slog.New(slog.NewTextHandler(b.log, nil))
	var err error
	if b.Ledger, err = ledger.Open(tb.Context(), cfg); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.close(tb) })
	return b
}

func (b *book) close(tb testing.TB) {
	tb.Helper()
	if err := b.Close(); err != nil {
		tb.Error(err)
	}
}

func (b *book) owe(tb testing.TB, entries ...*ledger.Entry) {
	tb.Helper()
	for _, e := range entries {
		if err := b.Owe(tb.Context(), e); err != nil {
			tb.Fatal(err)
		}
	}
}

// told is what a ledger has had told.
type told struct {
	entries chan ledger.Entry
	stop    func()
}

// run runs a ledger until the test ends; answer is what tell returns.
func (b *book) run(tb testing.TB, answer func(*ledger.Entry) error) *told {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t := &told{entries: make(chan ledger.Entry, 1<<16)}
	var wait sync.WaitGroup
	wait.Go(func() {
		b.Run(ctx, func(_ context.Context, e *ledger.Entry) error {
			defer func(e ledger.Entry) { t.entries <- e }(*e)
			return answer(e)
		})
	})
	t.stop = func() {
		cancel()
		wait.Wait()
	}
	tb.Cleanup(t.stop)
	return t
}

func fine(*ledger.Entry) error { return nil }

// next is the next that was told.
func (t *told) next(tb testing.TB) ledger.Entry {
	tb.Helper()
	select {
	case e := <-t.entries:
		return e
	case <-time.After(time.Minute):
		tb.Fatal("nothing was told")
	}
	return ledger.Entry{}
}

// eventually waits for what must happen.
func eventually(tb testing.TB, what string, happened func() bool) {
	tb.Helper()
	for begun := time.Now(); !happened(); <-time.After(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			tb.Fatal("in vain: ", what)
		}
	}
}

// settled waits until a ledger has so many entries.
func (b *book) settled(tb testing.TB, want int64) {
	tb.Helper()
	eventually(tb, fmt.Sprintf("%d entries", want), func() bool { return b.Figures().Owed == want })
}

func file(dir string) string { return filepath.Join(dir, ledger.FileName) }
