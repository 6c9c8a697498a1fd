package store_test

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/store"
)

// A record that was committed and not acknowledged may go; nothing else may, wherever the write-ahead log ends: at each
// offset of the last record, the store starts with all that was acknowledged.
func TestTornTail(t *testing.T) {
	for name, last := range map[string]store.Record{
		"one page":   {Principal: "AKIDEXAMPLE", Changes: []store.Change{{Key: "apis/a"}}},
		"many pages": {Changes: []store.Change{{Key: "apis/a", Value: []byte(`"` + strings.Repeat("x", 9_000) + `"`)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := open(t, dir)
			grow(t, l, 10)
			before := take(t, dir)
			if _, err := l.Append(t.Context(), last); err != nil {
				t.Fatal(err)
			}
			after := take(t, dir).with("head", func([]byte) []byte { return before["head"] })
			whole, start := len(after["gangway.db-wal"]), len(before["gangway.db-wal"])
			if whole <= start {
				t.Fatal("the last record is not at the end of the write-ahead log")
			}
			cuts, parent := 0, quick(t)
			for at := start; at < whole; at += stride(at-start, whole-start) {
				m := after.with("gangway.db-wal", func(b []byte) []byte { return b[:at] })
				if judgeIn(t, parent, m, 10, "cut at "+strconv.Itoa(at)) {
					t.Fatalf("refused with the write-ahead log cut at %d", at)
				}
				cuts++
			}
			after.put(t, parent)
			if again := open(t, parent); again.Revision() != 11 {
				t.Errorf("revision %d with nothing cut, want 11", again.Revision())
			}
			t.Logf("%d of %d offsets", cuts, whole-start)
		})
	}
}

// stride is how far to go from an offset of a record to the next: one byte. With the race detector, which makes all this ten
// times slower, and in a record of many pages, some are left to chance; those near the ends of a frame are not.
func stride(offset, length int) int {
	const frame = 24 + 4096 // "WAL File Format" in the documentation of SQLite
	switch in := offset % frame; {
	case in < 32, in >= frame-8, length == frame && !raceDetector:
		return 1
	case length == frame:
		return 1 + mathrand.IntN(40)
	}
	return 1 + mathrand.IntN(200)
}

// quick is a folder in which fsync costs little, where the system has one.
func quick(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("/dev/shm", "gangway-"+rand.Text())
	if err := os.Mkdir(dir, 0o700); err == nil {
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	return t.TempDir()
}

// The slot of the head may be torn at each of its bytes, old ones standing where new ones did not get to: the record was in
// the log by then, and stays.
func TestTornHead(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	grow(t, l, 10)
	before := take(t, dir)
	grow(t, l, 11)
	after, parent := take(t, dir), quick(t)
	slot := 11 % 2 * store.SlotStride
	for at := range 80 {
		m := after.with("head", func(b []byte) []byte {
			copy(b[slot+at:slot+80], before["head"][slot+at:])
			return b
		})
		if judgeIn(t, parent, m, 11, "slot torn at "+strconv.Itoa(at)) {
			t.Fatalf("refused with the slot torn at %d", at)
		}
	}
}
