package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

const (
	databaseName = "gangway.db"
	headName     = "head"
	lockName     = "lock"

	// What a store is built under before it is published.
	stagedDatabase = databaseName + ".new"
	stagedHead     = headName + ".new"
)

const (
	pageSize = 4096
	// applicationID is "GWAY": what file(1) and SQLite know the database by.
	applicationID = 0x47574159
	schema        = "CREATE TABLE records (revision INTEGER PRIMARY KEY, payload BLOB NOT NULL, hash BLOB NOT NULL) STRICT"
	insertRow     = "INSERT INTO records (revision, payload, hash) VALUES (?, ?, ?)"
)

// access is SQLite's open mode.
type access string

const (
	readOnly  access = "ro"
	readWrite access = "rw"
	create    access = "rwc"
)

// openDatabase opens one connection, with more settings if any. Reading creates nothing and, when closed, leaves the
// write-ahead log where it is.
func openDatabase(file string, a access, pragmas ...string) (*sql.DB, error) {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	q := url.Values{
		"mode": {string(a)}, "_defensive": {"1"}, "_dqs": {"0"}, "_busy_timeout": {"5000"},
		"_pragma": {"trusted_schema(0)", "cell_size_check(1)"},
	}
	if a != readOnly {
		q["_pragma"] = append(q["_pragma"], fmt.Sprintf("page_size(%d)", pageSize),
			"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)")
	}
	q["_pragma"] = append(q["_pragma"], pragmas...)
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// row is a record as it is stored.
type row struct {
	revision uint64
	payload  []byte
	hash     []byte
}

// batch is how many rows one query reads: so no reader holds a lock, or SQLite's write-ahead log, for long.
const batch = 64

// rows reads the rows first to last in order and hands each to take, outside of any transaction, all that can be read before
// the first that cannot. The log only grows, so this is as good as one snapshot.
func rows(ctx context.Context, db *sql.DB, first, last uint64, take func(row) error) error {
	for first <= last {
		got, err := readBatch(ctx, db, first, last)
		for _, r := range got {
			if err := take(r); err != nil {
				return err
			}
		}
		if err != nil || len(got) == 0 {
			return err
		}
		first = got[len(got)-1].revision + 1
	}
	return nil
}

func readBatch(ctx context.Context, db *sql.DB, first, last uint64) (got []row, err error) {
	rs, err := db.QueryContext(ctx,
		"SELECT revision, payload, hash FROM records WHERE revision BETWEEN ? AND ? ORDER BY revision LIMIT ?", first, last, batch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		var r row
		if err := rs.Scan(&r.revision, &r.payload, &r.hash); err != nil {
			return got, err
		}
		got = append(got, r)
	}
	return got, rs.Err()
}

// lastRevision is the greatest revision in the table.
func lastRevision(ctx context.Context, db *sql.DB) (uint64, error) {
	var n uint64
	err := db.QueryRowContext(ctx, "SELECT max(revision) FROM records").Scan(&n)
	return n, err
}

// checkpoint moves all that was committed into the database file and makes it durable there.
func checkpoint(ctx context.Context, db *sql.DB) error {
	var busy, frames, moved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(FULL)").Scan(&busy, &frames, &moved); err != nil {
		return err
	}
	if busy != 0 || frames != moved {
		return fmt.Errorf("%w: %d of %d pages could be moved", ErrLocked, moved, frames)
	}
	return nil
}
