package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"gangway/internal/store"
)

func TestLittleSpace(t *testing.T) {
	tests := []struct {
		name        string
		free, total uint64
		full        bool
	}{
		{"large disk, much free", 100 << 30, 1 << 40, false},
		{"large disk, 65 MB free", 65 << 20, 1 << 40, false},
		{"large disk, 63 MB free", 63 << 20, 1 << 40, true},
		{"small volume, 10 % free", 600 << 10, 6 << 20, false},
		{"small volume, 4 % free", 240 << 10, 6 << 20, true},
		{"nothing free", 0, 1 << 40, true},
		{"unknown", math.MaxUint64, math.MaxUint64, false},
	}
	var free, total atomic.Uint64
	total.Store(1 << 40)
	free.Store(1 << 40)
	l, err := store.OpenWith(context.Background(), t.TempDir(), store.Options{
		FreeSpace: func(string) (uint64, uint64, error) { return free.Load(), total.Load(), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	for _, tt := range tests {
		free.Store(tt.free)
		total.Store(tt.total)
		before := l.Revision()
		_, err := l.Append(t.Context(), sample(before+1))
		if errors.Is(err, store.ErrFull) != tt.full || (err == nil) == tt.full || l.Revision() == before != tt.full {
			t.Errorf("%s: got %v, revision %d after %d", tt.name, err, l.Revision(), before)
		}
		check(t, l)
	}
}

// TestFits: of a file beside the log it is known beforehand whether there is room for it.
func TestFits(t *testing.T) {
	free, known := store.Free(t.TempDir())
	if !known || free < 1<<30 {
		t.Skipf("SKIPPED: %d bytes are free, or nobody knows", free)
	}
	for bytes, want := range map[uint64]bool{0: true, 1 << 20: true, 1 << 60: false, math.MaxUint64: false} {
		if got := store.Fits(t.TempDir(), bytes); got != want {
			t.Errorf("%d bytes fit: %v", bytes, got)
		}
	}
}

// Writers, readers and a backup at the same time.
func TestHammerAppend(t *testing.T) {
	const writers, each = 8, 15
	dir := t.TempDir()
	l := open(t, dir)
	seen := make([]atomic.Bool, writers*each+1)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				r, err := l.Append(t.Context(), store.Record{Principal: "AKIDEXAMPLE", Changes: []store.Change{{Key: "apis/a"}}})
				if err != nil {
					t.Error(err)
					return
				}
				if seen[r.Revision].Swap(true) || l.Revision() < r.Revision {
					t.Errorf("revision %d was given twice or too early", r.Revision)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for l.Revision() < writers*each && !t.Failed() {
				replayOnce(t, l)
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			at := l.Revision()
			s, err := store.Backup(t.Context(), dir, io.Discard)
			if err != nil || s.Revision < at {
				t.Errorf("backup of revision %d at %d: %v", s.Revision, at, err)
			}
		}
	})
	wg.Wait()
	if l.Revision() != writers*each {
		t.Fatalf("revision is %d, want %d", l.Revision(), writers*each)
	}
}

func replayOnce(t *testing.T, l *store.Log) {
	t.Helper()
	var n uint64
	atLeast := l.Revision()
	for r, err := range l.Replay(context.Background()) {
		n++
		if err != nil || r.Revision != n {
			t.Errorf("replayed revision %d as number %d: %v", r.Revision, n, err)
			return
		}
	}
	if n < atLeast {
		t.Errorf("%d records replayed, %d were there", n, atLeast)
	}
}

func BenchmarkAppend(b *testing.B) {
	l, err := store.Open(context.Background(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Append(b.Context(), sample(14)); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkOpen10000(b *testing.B) {
	dir := b.TempDir()
	if _, err := store.Restore(b.Context(), dir, bytes.NewReader(backup(b, 10_000))); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l, err := store.Open(context.Background(), dir)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
