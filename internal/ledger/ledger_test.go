package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gangway/internal/gateway"
	"gangway/internal/ledger"
)

// What is owed and not settled is told in the next life, whole, and with the end that it came to; and once only.
func TestNextLife(t *testing.T) {
	dir := t.TempDir()
	b := open(t, config(dir))
	b.owe(t, entry(1), entry(2), entry(3))
	b.Settle(entry(2).Connection.ID)
	b.close(t)
	b = open(t, config(dir))
	b.owe(t, entry(4)) // of this life: it is not told
	told := b.run(t, fine)
	got := []ledger.Entry{told.next(t), told.next(t)}
	slices.SortFunc(got, func(a, b ledger.Entry) int { return a.Connection.ConnectedAt.Compare(b.Connection.ConnectedAt) })
	for i, e := range []*ledger.Entry{entry(1), entry(3)} {
		e.Status, e.Reason = 1006, "Connection lost with its node"
		if diff := cmp.Diff(*e, got[i], cmpopts.IgnoreUnexported(ledger.Entry{}), cmpopts.IgnoreFields(ledger.Entry{}, "EndedAt")); diff != "" {
			t.Error(diff)
		}
	}
	b.settled(t, 1)
	told.stop()
	b.close(t)
	told = open(t, config(dir)).run(t, fine)
	if e := told.next(t); e.Connection.ID != entry(4).Connection.ID {
		t.Errorf("told %+v", e)
	}
	told.stop()
	if len(told.entries) > 0 {
		t.Errorf("told again: %+v", <-told.entries)
	}
}

// Handshakes that come together share transactions.
func TestGroupCommit(t *testing.T) {
	b := open(t, config(t.TempDir()))
	before := b.Figures()
	const writers, each = 100, 20
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				if err := b.Owe(t.Context(), entry(w*each+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	after := b.Figures()
	batches := after.Batches - before.Batches
	if after.Owed != writers*each || batches > writers*each/5 {
		t.Errorf("%d entries after %d transactions", after.Owed, batches)
	}
	t.Logf("%d entries in %d transactions", after.Owed, batches)
	for i := range writers * each {
		b.Settle(entry(i).Connection.ID)
	}
	b.settled(t, 0)
}

// A $disconnect that cannot be told is told again, each time later, with the same id and end; then it is a dead letter, which can be
// told again or forgotten.
func TestAttempts(t *testing.T) {
	clock := newClock()
	cfg := config(t.TempDir())
	cfg.Attempts, cfg.Now = 4, clock.Now
	b := open(t, cfg)
	works := make(chan struct{})
	told := b.run(t, func(*ledger.Entry) error {
		select {
		case <-works:
			return nil
		default:
			return errors.New("down")
		}
	})
	e := entry(1)
	b.owe(t, e)
	e.Missed(clock.Now(), 1001, "Going away")
	e.Attempts, e.Cause = 1, "refused"
	b.Postpone(e)
	for i, wait := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second} {
		clock.skip(wait - time.Millisecond)
		clock.skip(time.Millisecond)
		got := told.next(t)
		if got.Attempts != i+1 || got.Status != 1001 || got.Reason != "Going away" || got.RequestID != e.RequestID || !got.EndedAt.Equal(e.EndedAt) {
			t.Fatalf("attempt %d: %+v", i, got)
		}
		eventually(t, "the next attempt is written down", func() bool {
			f := b.Figures()
			return f.Retried == uint64(i+1) && (i < 2 || f.DeadLetters == 1)
		})
	}
	letters, next, err := b.DeadLetters(t.Context(), 0, 10)
	if err != nil || next != 0 || len(letters) != 1 || letters[0].Attempts != 4 || letters[0].Cause != "down" || letters[0].RequestID != e.RequestID {
		t.Fatalf("%+v, %d, %v", letters, next, err)
	}
	if f := b.Figures(); f.Owed != 0 || f.Died != 1 || b.log.count("given up") != 1 {
		t.Errorf("%+v", f)
	}
	if err := b.Retry(t.Context(), entry(2).Connection.ID); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("another: %v", err)
	}
	close(works)
	if err := b.Retry(t.Context(), e.Connection.ID); err != nil {
		t.Fatal(err)
	}
	if got := told.next(t); got.Attempts != 0 || got.RequestID != e.RequestID {
		t.Errorf("told %+v", got)
	}
	b.settled(t, 0)
	if err := b.Delete(t.Context(), e.Connection.ID); !errors.Is(err, ledger.ErrUnknown) || b.Figures().DeadLetters != 0 {
		t.Errorf("what was told: %v, %+v", err, b.Figures())
	}
}

// The newest dead letters are kept, listed in pages, and deleted.
func TestDeadLetters(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Attempts, cfg.Dead = 1, 5
	b := open(t, cfg)
	for i := range 8 {
		e := entry(i)
		e.Attempts = 1
		b.Postpone(e)
	}
	eventually(t, "eight have died", func() bool { f := b.Figures(); return f.Died == 8 && f.DeadLetters == 5 })
	var found []gateway.ConnectionID
	for from, pages := uint64(0), 0; ; pages++ {
		page, next, err := b.DeadLetters(t.Context(), from, 2)
		if err != nil || pages > 3 {
			t.Fatal(pages, err)
		}
		for i := range page {
			found = append(found, page[i].Connection.ID)
		}
		if from = next; next == 0 {
			break
		}
	}
	var want []gateway.ConnectionID
	for i := range 5 {
		want = append(want, entry(3+i).Connection.ID)
	}
	if !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
	for _, id := range want {
		if err := b.Delete(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if f := b.Figures(); f.DeadLetters != 0 {
		t.Errorf("%+v", f)
	}
}

// A stage that is gone is told of in one line; an attempt that was broken off does not count, and is made in the next life.
func TestGoneAndStopped(t *testing.T) {
	dir := t.TempDir()
	b := open(t, config(dir))
	for i := range 20 {
		b.owe(t, entry(i))
	}
	b.close(t)
	b = open(t, config(dir))
	told := b.run(t, func(*ledger.Entry) error { return ledger.ErrStopped })
	told.next(t)
	told.stop()
	b.close(t)
	b = open(t, config(dir))
	b.run(t, func(e *ledger.Entry) error {
		if e.Attempts > 0 || e.Status != 1006 {
			t.Errorf("%+v", e)
		}
		return fmt.Errorf("prod: %w", ledger.ErrGone)
	})
	b.settled(t, 0)
	if f := b.Figures(); f.Dropped != 20 || f.Told != 0 || b.log.count("stage that is gone") != 1 {
		t.Errorf("%+v", f)
	}
}

// One stage that hangs does not hold up the others.
func TestOneStageHangs(t *testing.T) {
	dir := t.TempDir()
	b := open(t, config(dir))
	for i := range 150 {
		b.owe(t, entry(i))
	}
	other := entry(200)
	other.Connection.Stage = "other"
	b.owe(t, other)
	b.close(t)
	hang := make(chan struct{})
	b = open(t, config(dir))
	told := b.run(t, func(e *ledger.Entry) error {
		if e.Connection.Stage == "prod" {
			<-hang
		}
		return nil
	})
	if e := told.next(t); e.Connection.Stage != "other" {
		t.Errorf("told %+v", e)
	}
	close(hang)
	b.settled(t, 0)
}

// What is in the file is for nobody else to read, and is good in its place only.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	b := open(t, config(dir))
	b.owe(t, entry(1))
	info, err := os.Stat(file(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, name := range []string{file(dir), file(dir) + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil || len(text) == 0 {
			t.Fatal(err, len(text))
		}
		for _, secret := range []string{"secret", "a1b2c3d4e5", "192.0.2.1", string(entry(1).Connection.ID)} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s shows %q", name, secret)
			}
		}
	}
	b.close(t)
	cfg := config(dir)
	cfg.Secret = []byte("another")
	b = open(t, cfg)
	told := b.run(t, fine)
	b.settled(t, 0)
	told.stop()
	if f := b.Figures(); f.Damaged != 1 || f.Told != 0 || b.log.count("is damaged") != 1 {
		t.Errorf("%+v", f)
	}
}

// A file that cannot be read is set aside, with a line and a number; one of a newer version is refused, and so is one that may
// not be used.
func TestDamage(t *testing.T) {
	full := func(t *testing.T) string {
		t.Helper()
		dir := t.TempDir()
		b := open(t, config(dir))
		for i := range 200 {
			b.owe(t, entry(i))
		}
		b.close(t)
		return dir
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"not a database": func([]byte) []byte {
			return []byte("this is not a database, however long it gets, and it does get rather long")
		},
		"a page zeroed": func(b []byte) []byte { clear(b[3*4096 : 4*4096]); return b },
		"cut off":       func(b []byte) []byte { return b[:len(b)/2] },
		"its head":      func(b []byte) []byte { copy(b, "SQLite format 9"); return b },
	} {
		t.Run(name, func(t *testing.T) {
			dir := full(t)
			text, err := os.ReadFile(file(dir))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file(dir), spoil(text), 0o600); err != nil {
				t.Fatal(err)
			}
			b := open(t, config(dir))
			if f := b.Figures(); f.Damaged != 1 || f.Owed != 0 || b.log.count("level=ERROR") != 1 {
				t.Errorf("%+v", f)
			}
			b.owe(t, entry(1))
			if kept, err := fs.Glob(os.DirFS(dir), ledger.FileName+".damaged-*"); err != nil || len(kept) == 0 {
				t.Errorf("%v, %v", kept, err)
			}
		})
	}
	t.Run("newer", func(t *testing.T) {
		dir := full(t)
		alter(t, dir, "PRAGMA user_version = 2")
		if _, err := ledger.Open(t.Context(), config(dir)); !errors.Is(err, ledger.ErrNewer) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of something else", func(t *testing.T) {
		dir := full(t)
		alter(t, dir, "PRAGMA application_id = 1")
		if b := open(t, config(dir)); b.Figures().Damaged != 1 {
			t.Errorf("%+v", b.Figures())
		}
	})
}

// While the disk is said to be full nobody is written down, and what nobody waits for is written when it is not.
func TestLow(t *testing.T) {
	var low sync.Map
	cfg := config(t.TempDir())
	cfg.Low = func() bool { _, is := low.Load(true); return is }
	b := open(t, cfg)
	b.owe(t, entry(1))
	low.Store(true, nil)
	for i := range 10 {
		if err := b.Owe(t.Context(), entry(2+i)); !errors.Is(err, ledger.ErrFull) {
			t.Errorf("got %v", err)
		}
	}
	missed := entry(20)
	missed.Attempts = 1
	b.Postpone(missed)
	b.Settle(entry(1).Connection.ID) // which frees space
	b.settled(t, 0)
	if f := b.Figures(); f.Unrecorded != 10 || b.log.count("level=ERROR") != 1 {
		t.Errorf("%+v, %d lines", f, b.log.count("level=ERROR"))
	}
	low.Delete(true)
	b.owe(t, entry(30))
	b.settled(t, 2)
	eventually(t, "somebody is told that it works again", func() bool { return b.log.count("written down again") == 1 })
}

// Nothing is taken after the end, and nobody waits for it.
func TestClosed(t *testing.T) {
	b := open(t, config(t.TempDir()))
	b.close(t)
	if err := b.Owe(t.Context(), entry(1)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v", err)
	}
	b.Settle(entry(1).Connection.ID)
	if _, _, err := b.DeadLetters(t.Context(), 0, 1); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b = open(t, config(t.TempDir()))
	if err := b.Owe(ctx, entry(1)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Everything at once: for the race detector, and what is left is what was not settled.
func TestHammer(t *testing.T) {
	dir := t.TempDir()
	b := open(t, config(dir))
	told := b.run(t, fine)
	const writers, each = 16, 40
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				e := entry(w*each + i)
				if err := b.Owe(t.Context(), e); err != nil {
					t.Error(err)
				}
				switch i % 4 {
				case 0:
					b.Settle(e.Connection.ID)
				case 1:
					e.Missed(time.Now(), 1001, "")
					b.Postpone(e) // due at once
				case 2:
					_, _, _ = b.DeadLetters(t.Context(), 0, 3)
					_ = b.Figures()
				}
			}
		})
	}
	wait.Wait()
	for range writers * each / 4 {
		told.next(t)
	}
	b.settled(t, writers*each/2)
	told.stop()
	b.close(t)
	b = open(t, config(dir))
	if f := b.Figures(); f.Owed != writers*each/2 {
		t.Errorf("%+v", f)
	}
}
