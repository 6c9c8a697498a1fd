package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"gangway/internal/store"
)

// backup returns a backup of a store that holds the samples up to a revision.
func backup(tb testing.TB, to uint64) []byte {
	tb.Helper()
	dir := tb.TempDir()
	l, err := store.Open(context.Background(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	for n := uint64(1); n <= to; n++ {
		if _, err := l.Append(tb.Context(), sample(n)); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := store.Backup(tb.Context(), dir, &b); err != nil {
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// A backup that is taken while another process writes 50 records a second is one state of the store: not older than what was
// acknowledged when it began, with all checksums right, and so it is restored in another folder.
func TestBackupWhileAnotherProcessWrites(t *testing.T) {
	dir := t.TempDir()
	p := spawn(t, "pace", dir)
	p.line() // open
	begin, written := time.Now(), uint64(0)
	for range 4 {
		for range 10 {
			if written = revision(p.line()); written == 0 {
				t.Fatal("the writer has ended")
			}
		}
		var b bytes.Buffer
		took, err := store.Backup(t.Context(), dir, &b)
		if err != nil {
			t.Fatal(err)
		}
		if took.Revision < written {
			t.Fatalf("backup of revision %d, %d was acknowledged before", took.Revision, written)
		}
		if said, err := store.Verify(bytes.NewReader(b.Bytes())); err != nil || said != took {
			t.Fatalf("verified %+v, backed up %+v: %v", said, took, err)
		}
		restoreAndUse(t, &b, took)
	}
	t.Logf("%.0f records a second", float64(written)/time.Since(begin).Seconds())
	acked, failure := p.kill()
	if failure != "" {
		t.Fatal(failure)
	}
	if l := open(t, dir); l.Revision() < max(acked, written) {
		t.Fatalf("revision %d after %d was acknowledged", l.Revision(), acked)
	}
}

// restoreAndUse restores a backup in another folder, compares it record by record and hash by hash, and goes on from there.
func restoreAndUse(t *testing.T, b io.Reader, took store.Summary) {
	t.Helper()
	elsewhere := t.TempDir()
	put, err := store.Restore(t.Context(), elsewhere, b)
	if err != nil {
		t.Fatal(err)
	}
	if put != took {
		t.Fatalf("restored %+v, backed up %+v", put, took)
	}
	l := open(t, elsewhere)
	if l.Revision() != took.Revision {
		t.Fatalf("revision is %d after restoring %d", l.Revision(), took.Revision)
	}
	check(t, l)
	again, err := store.Backup(t.Context(), elsewhere, io.Discard)
	if err != nil || again.Hash != took.Hash || again.Store != took.Store {
		t.Errorf("a backup of what was restored is %+v, that of the store %+v: %v", again, took, err)
	}
	grow(t, l, l.Revision()+3)
}

func TestBackupOfStoppedStore(t *testing.T) {
	for name, m := range images(t, 12) {
		dir := t.TempDir()
		m.put(t, dir)
		var b bytes.Buffer
		s, err := store.Backup(t.Context(), dir, &b)
		if err != nil || s.Revision != 12 {
			t.Fatalf("%s: got revision %d, %v", name, s.Revision, err)
		}
		if after := take(t, dir); !bytes.Equal(after["gangway.db"], m["gangway.db"]) || !bytes.Equal(after["head"], m["head"]) {
			t.Errorf("%s: backing up changed the store", name)
		}
		check(t, open(t, dir))
	}
}

func TestBackupRefuses(t *testing.T) {
	if _, err := store.Backup(t.Context(), t.TempDir(), io.Discard); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no store: got %v, want fs.ErrNotExist", err)
	}
	m := images(t, 6)["log in the write-ahead log"]
	tests := []struct {
		name string
		m    image
	}{
		{"no write-ahead log", m.without("gangway.db-wal")},
		{"no head", m.without("head")},
		{"no database", m.without("gangway.db")},
		{"bad head", m.with("head", func(b []byte) []byte { return b[:3] })},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		tt.m.put(t, dir)
		_, err := store.Backup(t.Context(), dir, io.Discard)
		if _, ok := errors.AsType[*store.DamagedError](err); !ok {
			t.Errorf("%s: got %v, want a DamagedError", tt.name, err)
		}
	}
	dir := t.TempDir()
	m.put(t, dir)
	_, err := store.Backup(t.Context(), dir, brokenWriter{})
	if _, ok := errors.AsType[*store.DamagedError](err); ok || !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("broken writer: got %v, want its error", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestRestoreIsAllOrNothing(t *testing.T) {
	whole := backup(t, 5)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	drop := func(i int) []byte {
		return bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)
	}
	tests := []struct {
		name string
		in   []byte
	}{
		{"empty", nil},
		{"something else", []byte("hello\n")},
		{"no records", lines[0]},
		{"no preamble", drop(0)},
		{"no genesis", drop(1)},
		{"no first record", drop(2)},
		{"no last record", drop(6)},
		{"no ending", drop(7)},
		{"no last line feed", whole[:len(whole)-1]},
		{"more after the end", append(bytes.Clone(whole), '\n')},
		{"twice", append(bytes.Clone(whole), whole...)},
		{"a line without an end", bytes.Repeat([]byte("x"), store.MaxRecord+4096)},
	}
	for _, tt := range tests {
		dir := filepath.Join(t.TempDir(), "s")
		_, err := store.Restore(t.Context(), dir, bytes.NewReader(tt.in))
		if _, ok := errors.AsType[*store.DamagedError](err); !ok {
			t.Errorf("%s: got %v, want a DamagedError", tt.name, err)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 || left[0].Name() != "lock" {
			t.Errorf("%s: left %v, %v", tt.name, left, err)
		}
		if _, err := store.Restore(t.Context(), dir, bytes.NewReader(whole)); err != nil {
			t.Errorf("%s: restoring the whole one after it: %v", tt.name, err)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	whole := backup(t, 2)
	full := t.TempDir()
	l := open(t, full)
	grow(t, l, 1)
	closeLog(t, l)
	if _, err := store.Restore(t.Context(), full, bytes.NewReader(whole)); !errors.Is(err, store.ErrExists) {
		t.Errorf("into a store: got %v, want ErrExists", err)
	}
	again := open(t, full)
	if again.Revision() != 1 {
		t.Errorf("the store that was there is at revision %d, want 1", again.Revision())
	}
	newer := strings.Replace(string(whole), `"format":1`, `"format":3`, 1)
	if _, err := store.Restore(t.Context(), t.TempDir(), strings.NewReader(newer)); !errors.Is(err, store.ErrNewer) ||
		!strings.Contains(err.Error(), "format 3") {
		t.Errorf("newer: got %v, want ErrNewer with its format", err)
	}
	failing := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(whole)))
	if _, err := store.Restore(t.Context(), t.TempDir(), failing); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("failing reader: got %v, want its error", err)
	}
}

func TestVerifyFindsEveryFlip(t *testing.T) {
	whole := backup(t, 3)
	if s, err := store.Verify(bytes.NewReader(whole)); err != nil || s.Revision != 3 {
		t.Fatalf("whole: %+v, %v", s, err)
	}
	for i := range whole {
		for bit := range 8 {
			bad := bytes.Clone(whole)
			bad[i] ^= 1 << bit
			if _, err := store.Verify(bytes.NewReader(bad)); err == nil {
				t.Fatalf("bit %d of byte %d flipped (%q) and not found", bit, i, whole[i])
			}
		}
		if _, err := store.Verify(bytes.NewReader(whole[:i])); err == nil {
			t.Fatalf("cut at %d and not found", i)
		}
	}
}

// format1 is a backup of the first three samples as the first version wrote it.
func format1(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "format1.backup"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestRestoreFormat1(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Restore(t.Context(), dir, bytes.NewReader(format1(t)))
	if err != nil || s.Revision != 3 {
		t.Fatalf("got %+v, %v", s, err)
	}
	check(t, open(t, dir))
}

// Whatever is fed to the reader, it accepts nothing but what Backup wrote.
func FuzzVerify(f *testing.F) {
	whole := format1(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"backup":"gangway","format":1}` + "\n" + `{"revision":0,"hash":"","sha256":""}` + "\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := store.Verify(bytes.NewReader(in))
		if err == nil && !bytes.Equal(in, whole) {
			t.Fatalf("accepted as revision %d: %q", s.Revision, in)
		}
	})
}

// A changed, cut or doubled part of a backup is found.
func FuzzVerifyChange(f *testing.F) {
	whole := format1(f)
	f.Add(uint16(0), uint16(1), []byte{0})
	f.Add(uint16(100), uint16(0), []byte("\n"))
	f.Add(uint16(3), uint16(60000), []byte{})
	f.Fuzz(func(t *testing.T, at, length uint16, in []byte) {
		from := int(at) % len(whole)
		to := min(from+int(length), len(whole))
		changed := bytes.Join([][]byte{whole[:from], in, whole[to:]}, nil)
		if _, err := store.Verify(bytes.NewReader(changed)); err == nil && !bytes.Equal(changed, whole) {
			t.Fatalf("accepted with %q at %d instead of %q", in, from, whole[from:to])
		}
	})
}
