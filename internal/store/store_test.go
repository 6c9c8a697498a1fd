package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

func gatewayKey(s string) gateway.Key { return gateway.Key(s) }

func open(t *testing.T, dir string) *store.Log {
	t.Helper()
	l, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func closeLog(t *testing.T, l *store.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// grow appends sample records until the log is at a revision.
func grow(t *testing.T, l *store.Log, to uint64) {
	t.Helper()
	for n := l.Revision() + 1; n <= to; n++ {
		got, err := l.Append(t.Context(), sample(n))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, sample(n)) {
			t.Fatalf("appended %+v, got back %+v", sample(n), got)
		}
	}
}

// check replays the log and wants exactly the sample records up to its revision.
func check(t *testing.T, l *store.Log) {
	t.Helper()
	var n uint64
	for r, err := range l.Replay(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if !reflect.DeepEqual(r, sample(n)) {
			t.Fatalf("revision %d is %+v, want %+v", n, r, sample(n))
		}
	}
	if n != l.Revision() {
		t.Fatalf("%d records replayed, revision is %d", n, l.Revision())
	}
}

func TestAppendReplayReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "store")
	for _, to := range []uint64{0, 1, 2, 3, 70, 200} {
		l := open(t, dir)
		check(t, l)
		grow(t, l, to)
		check(t, l)
		closeLog(t, l)
	}
	l := open(t, dir)
	if l.Revision() != 200 {
		t.Fatalf("revision is %d after reopening, want 200", l.Revision())
	}
	check(t, l)
}

// TestRead: any stretch of the log, and nothing beyond its end.
func TestRead(t *testing.T) {
	l := open(t, t.TempDir())
	grow(t, l, 5)
	for _, row := range []struct {
		first uint64
		most  int
		want  []uint64
	}{
		{0, 2, []uint64{1, 2}}, {1, 5, []uint64{1, 2, 3, 4, 5}}, {4, 9, []uint64{4, 5}}, {5, 0, []uint64{5}}, {6, 1, nil}, {1 << 63, 1, nil},
	} {
		records, err := l.Read(t.Context(), row.first, row.most)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, r := range records {
			got = append(got, r.Revision)
			if !reflect.DeepEqual(r, sample(r.Revision)) {
				t.Errorf("revision %d reads %+v", r.Revision, r)
			}
		}
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%d from %d: got %v, want %v", row.most, row.first, got, row.want)
		}
	}
}

func TestReplayStopsEarlyAndAllowsAppending(t *testing.T) {
	l := open(t, t.TempDir())
	grow(t, l, 5)
	seen := 0
	for r, err := range l.Replay(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		grow(t, l, l.Revision()+1)
		if r.Revision == 3 {
			break
		}
	}
	if seen != 3 || l.Revision() != 8 {
		t.Fatalf("saw %d records, revision %d; want 3 and 8", seen, l.Revision())
	}
	check(t, l)
}

func TestAppendFillsIn(t *testing.T) {
	l := open(t, t.TempDir())
	before := time.Now()
	value := json.RawMessage("{\n  \"a\": \"<&>\u2028\",\n \"n\": 12345678901234567890123 }")
	got, err := l.Append(t.Context(), store.Record{Revision: 99, Changes: []store.Change{{Key: "apis/a", Value: value}}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Revision != 1 || got.Time.Before(before.Truncate(0)) || got.Time.Location() != time.UTC {
		t.Errorf("got revision %d at %v", got.Revision, got.Time)
	}
	if want := "{\"a\":\"<&>\u2028\",\"n\":12345678901234567890123}"; string(got.Changes[0].Value) != want {
		t.Errorf("got value %s, want %s", got.Changes[0].Value, want)
	}
	for r, err := range l.Replay(context.Background()) {
		if err != nil || !reflect.DeepEqual(r, got) {
			t.Errorf("replayed %+v, %v; appended %+v", r, err, got)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	l := open(t, t.TempDir())
	huge := json.RawMessage(`"` + strings.Repeat("x", store.MaxRecord) + `"`)
	tests := []struct {
		name   string
		change store.Change
	}{
		{"no key", store.Change{Value: json.RawMessage(`1`)}},
		{"no JSON", store.Change{Key: "apis/a", Value: json.RawMessage(`{"a":`)}},
		{"too large", store.Change{Key: "apis/a", Value: huge}},
	}
	for _, tt := range tests {
		if _, err := l.Append(t.Context(), store.Record{Changes: []store.Change{tt.change}}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", tt.name, err)
		}
	}
	grow(t, l, 1)
	check(t, l)
}

func TestClosed(t *testing.T) {
	l := open(t, t.TempDir())
	grow(t, l, 1)
	closeLog(t, l)
	closeLog(t, l)
	if _, err := l.Append(t.Context(), sample(2)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("append: got %v, want ErrClosed", err)
	}
	for _, err := range l.Replay(context.Background()) {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("replay: got %v, want ErrClosed", err)
		}
	}
}

func TestBrokenUntilReopened(t *testing.T) {
	dir := t.TempDir()
	l, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	grow(t, l, 3)
	if err := l.FailHead(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Append(t.Context(), sample(4)); !errors.Is(err, store.ErrBroken) {
			t.Fatalf("got %v, want ErrBroken", err)
		}
	}
	if l.Revision() != 3 {
		t.Fatalf("revision is %d after a failed append, want 3", l.Revision())
	}
	check(t, l)
	if err := l.Close(); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("close: %v", err)
	}
	// The failed record was committed and not acknowledged: it may be there.
	again := open(t, dir)
	if again.Revision() < 3 || again.Revision() > 4 {
		t.Fatalf("revision is %d, want 3 or 4", again.Revision())
	}
	check(t, again)
	grow(t, again, 6)
	check(t, again)
}
