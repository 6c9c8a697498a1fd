package store_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/store"
)

// image is the files of a store as a crash would leave them: path to bytes.
type image map[string][]byte

func take(tb testing.TB, dir string) image {
	tb.Helper()
	m := image{}
	for _, name := range []string{
		"gangway.db", "gangway.db-wal", "head", "head.new", "gangway.db.new", "gangway.db-journal",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			tb.Fatal(err)
		}
		m[name] = b
	}
	return m
}

func (m image) put(tb testing.TB, dir string) {
	tb.Helper()
	for name, b := range m {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

// with is the image with one file changed by f.
func (m image) with(name string, f func([]byte) []byte) image {
	c := maps.Clone(m)
	c[name] = f(slices.Clone(m[name]))
	return c
}

func (m image) without(name string) image {
	c := maps.Clone(m)
	delete(c, name)
	return c
}

// files are those of the image that hold something, in order.
func (m image) files() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(m[name]) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// images are a store at rest, one whose process died with everything in the write-ahead log, and one in between.
func images(t *testing.T, to uint64) map[string]image {
	t.Helper()
	dir := t.TempDir()
	all := map[string]image{}
	step := func(name string, upto uint64) {
		l, err := store.Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		for n := l.Revision() + 1; n <= upto; n++ {
			if _, err := l.Append(t.Context(), sample(n)); err != nil {
				t.Fatal(err)
			}
		}
		if name != "" {
			all[name] = take(t, dir)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	step("log in the write-ahead log", to)
	all["at rest"] = take(t, dir).without("gangway.db-wal")
	dir = t.TempDir()
	step("", to/2)
	step("half in the write-ahead log", to)
	return all
}

// judge opens an image and wants all of the records, or a refusal that says where the damage is and leaves the files as they
// are.
func judge(t *testing.T, m image, want uint64, what string) (refused bool) {
	t.Helper()
	return judgeIn(t, t.TempDir(), m, want, what)
}

// judgeIn is judge with a folder to work in.
func judgeIn(t *testing.T, parent string, m image, want uint64, what string) (refused bool) {
	t.Helper()
	dir := filepath.Join(parent, "s")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // hundreds of them
	m.put(t, dir)
	l, err := store.Open(context.Background(), dir)
	if err == nil {
		defer func() { _ = l.Close() }() // judged by its records
		if l.Revision() != want {
			t.Fatalf("%s: served up to revision %d, want %d", what, l.Revision(), want)
		}
		check(t, l)
		return false
	}
	d, ok := errors.AsType[*store.DamagedError](err)
	if !ok {
		t.Fatalf("%s: got %v, want a DamagedError", what, err)
	}
	if !strings.HasPrefix(d.File, dir) || d.Reason == "" || d.Remedy == "" || strings.Contains(err.Error(), "\n") {
		t.Fatalf("%s: message is not clear: %v", what, err)
	}
	if d.Position == "" && exists(d.File) && !strings.HasSuffix(d.File, "-journal") {
		t.Fatalf("%s: message does not say where in the file: %v", what, err)
	}
	after := take(t, dir)
	for name := range m {
		if !bytes.Equal(m[name], after[name]) {
			t.Fatalf("%s: refusing changed %s", what, name)
		}
	}
	return true
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// rounds is how often a random test repeats; GANGWAY_STORE_ROUNDS multiplies it.
func rounds(n int) int {
	if k, err := strconv.Atoi(os.Getenv("GANGWAY_STORE_ROUNDS")); err == nil && k > 0 {
		return n * k
	}
	if testing.Short() {
		return n / 4
	}
	return n
}

func TestTruncationsAndZeroes(t *testing.T) {
	const records = 24
	for name, m := range images(t, records) {
		t.Run(name, func(t *testing.T) {
			for _, file := range m.files() {
				size := len(m[file])
				for _, cut := range []int{1, 2, 17, 100, 512, 4096, 4120, size / 3, size / 2, size - 1, size} {
					if cut > size {
						continue
					}
					what := file + " cut by " + strconv.Itoa(cut)
					judge(t, m.with(file, func(b []byte) []byte { return b[:size-cut] }), records, what)
				}
				for at := 0; at+512 <= size; at += max(512, size/8) {
					judge(t, m.with(file, func(b []byte) []byte {
						clear(b[at : at+512])
						return b
					}), records, file+" zeroed at "+strconv.Itoa(at))
				}
			}
		})
	}
}

// The states that a crash of Append, Open, or the making of a store leaves, and those that only damage can.
func TestCrashStates(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	empty := take(t, dir)
	grow(t, l, 8)
	m8 := take(t, dir)
	grow(t, l, 9)
	m9 := take(t, dir)
	grow(t, l, 10)
	m10 := take(t, dir)
	closeLog(t, l)
	rest := take(t, dir).without("gangway.db-wal")
	closeLog(t, open(t, dir))
	fresh := take(t, dir).without("gangway.db-wal") // its head has two equal slots
	mix := func(db, head image) image { return db.with("head", func([]byte) []byte { return head["head"] }) }
	tear := func(m image, revision int) image {
		return m.with("head", func(b []byte) []byte {
			clear(b[revision%2*store.SlotStride+40 : revision%2*store.SlotStride+80])
			return b
		})
	}
	staged := func(m image) image {
		c := m.without("head")
		c["head.new"] = m["head"]
		return c
	}
	tests := []struct {
		name string
		m    image
		want int // revision served, -1: refused
	}{
		{"as it was", m10, 10},
		{"one record ahead of the head", mix(m10, m9), 10},
		{"two records ahead of the head", mix(m10, m8), -1},
		{"the first record ahead of a new head", mix(mustGrow(t, 1), empty), -1},
		{"behind the head", mix(m9, m10), -1},
		{"head of an empty store", mix(m10, empty), -1},
		{"torn slot of the newest record", tear(m10, 10), 10},
		{"torn slot of the record ahead", tear(mix(m10, m9), 10), 10},
		{"torn slot of an older record", tear(m10, 9), -1},
		{"torn slot and the newest record missing", tear(mix(m9, m10), 10), -1},
		{"no valid slot", tear(tear(m10, 10), 9), -1},
		{"write-ahead log missing", m10.without("gangway.db-wal"), -1},
		{"write-ahead log of before", rest.with("gangway.db-wal", func([]byte) []byte { return m8["gangway.db-wal"] }), -1},
		{"head missing", rest.without("head"), -1},
		{"database missing", rest.without("gangway.db"), -1},
		{"database and head missing", m10.without("gangway.db").without("head"), -1},
		{"database empty", rest.with("gangway.db", func([]byte) []byte { return nil }), -1},
		{"database of something else", rest.with("gangway.db", func([]byte) []byte { return []byte("hello, world") }), -1},
		{"published but for the head", staged(fresh), 10},
		{"an old head instead of the published one", staged(m10), -1},
		{"remains of Open", fresh.with("head.new", func([]byte) []byte { return []byte("half") }), 10},
		{"never published", image{"gangway.db.new": rest["gangway.db"][:5000], "head.new": rest["head"]}, 0},
		{"never finished", image{"gangway.db.new": nil, "gangway.db.new-journal": []byte("x"), "gangway.db.new-wal": []byte("y")}, 0},
		{"rollback journal", rest.with("gangway.db-journal", func([]byte) []byte { return []byte("x") }), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refused := judge(t, tt.m, uint64(max(tt.want, 0)), tt.name)
			if refused != (tt.want < 0) {
				t.Fatalf("refused: %v, want %v", refused, tt.want < 0)
			}
		})
	}
}

// mustGrow is the image of another store.
func mustGrow(t *testing.T, to uint64) image {
	t.Helper()
	dir := t.TempDir()
	l := open(t, dir)
	grow(t, l, to)
	return take(t, dir)
}
