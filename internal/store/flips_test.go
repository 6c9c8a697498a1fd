package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gangway/internal/store"
)

// A flipped bit anywhere in a file of the store is found or does no harm: what is served is never wrong and never less.
func TestBitFlips(t *testing.T) {
	const records = 24
	for name, m := range images(t, records) {
		t.Run(name, func(t *testing.T) {
			refused, total := 0, 0
			flip := func(file string, at int) {
				total++
				if judge(t, m.with(file, func(b []byte) []byte {
					b[at] ^= 1 << rand.IntN(8)
					return b
				}), records, file+" at "+strconv.Itoa(at)) {
					refused++
				}
			}
			// Headers hold what decides how all else is read.
			for _, file := range m.files() {
				for at := rand.IntN(4); at < min(len(m[file]), 112); at += 4 {
					flip(file, at)
				}
			}
			for range rounds(80) {
				file := m.files()[rand.IntN(len(m.files()))]
				flip(file, rand.IntN(len(m[file])))
			}
			if refused == 0 {
				t.Error("no flip was detected")
			}
			t.Logf("%d flips, %d detected, the others harmless", total, refused)
		})
	}
}

// Of 200 flipped bits in what the log has stored, in the database or in the write-ahead log, each one is found, and the
// message names the file and a revision or an offset.
func TestBitFlipsInRecords(t *testing.T) {
	const records = 24
	all := images(t, records)
	places := map[string][]int{} // of bytes that must not change, by image
	for name, m := range all {
		if wal := m["gangway.db-wal"]; len(wal) > 0 {
			places[name] = span(0, len(wal))
			continue
		}
		for _, row := range stored(t, m) {
			at := bytes.Index(m["gangway.db"], row)
			if at < 0 || bytes.Count(m["gangway.db"], row[len(row)-32:]) != 1 {
				continue // its page was copied when the table grew, and one of the copies is nothing any more
			}
			places[name] = append(places[name], span(at, at+len(row))...)
		}
		if len(places[name]) < 4096 {
			t.Fatalf("only %d bytes of records were found in the database", len(places[name]))
		}
	}
	names := slices.Sorted(maps.Keys(all))
	for n := range rounds(200) {
		name := names[n%len(names)]
		file := "gangway.db"
		if len(all[name][file+"-wal"]) > 0 {
			file += "-wal"
		}
		at := places[name][rand.IntN(len(places[name]))]
		flipped := all[name].with(file, func(b []byte) []byte {
			b[at] ^= 1 << rand.IntN(8)
			return b
		})
		if !judge(t, flipped, records, name) {
			t.Fatalf("%s: a flip at %d of %s was not found", name, at, file)
		}
	}
}

func span(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// stored gives what the database of an image holds of each record: its JSON and its hash.
func stored(t *testing.T, m image) (all [][]byte) {
	t.Helper()
	dir := t.TempDir()
	m.put(t, dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "gangway.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only read
	rows, err := db.QueryContext(t.Context(), "SELECT payload || hash FROM records")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // only read
	for rows.Next() {
		var row []byte
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// A store that was opened in spite of a flip must take more.
func TestGrowsAfterHarmlessFlip(t *testing.T) {
	m := images(t, 10)["half in the write-ahead log"]
	grown := 0
	for range rounds(24) {
		dir := t.TempDir()
		m.with("gangway.db", func(b []byte) []byte {
			b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
			return b
		}).put(t, dir)
		l, err := store.Open(context.Background(), dir)
		if err != nil {
			continue
		}
		grow(t, l, 14)
		closeLog(t, l)
		again := open(t, dir)
		check(t, again)
		closeLog(t, again)
		grown++
	}
	t.Logf("%d stores grown", grown)
}
