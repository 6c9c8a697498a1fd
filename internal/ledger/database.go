package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// FileName is the file in the folder of a node.
const FileName = "sessions.db"

// Format is the version of the file that this package writes.
const Format = 1

// applicationID is "GWLG": what file(1) and SQLite know the file by.
const applicationID = 0x47574c47

// schema makes an empty file. The partial index has those entries only that have been told in vain.
const schema = `
CREATE TABLE entries (life INTEGER NOT NULL, slot INTEGER NOT NULL, due INTEGER, entry BLOB NOT NULL, PRIMARY KEY (life, slot))
	STRICT, WITHOUT ROWID;
CREATE INDEX due_entries ON entries (due) WHERE due IS NOT NULL;
CREATE TABLE dead (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, life INTEGER NOT NULL, slot INTEGER NOT NULL,
	died INTEGER NOT NULL, entry BLOB NOT NULL) STRICT;
`

var (
	// ErrNewer says that a newer version wrote the file.
	ErrNewer = errors.New("written by a newer gangway")
	// ErrFull says that there is no space for entries.
	ErrFull = errors.New("no space left for records of connections")
	// errDamaged is a file that is not what was written.
	errDamaged = errors.New("damaged")
)

// database is the open file. Only the writer touches it.
type database struct {
	db   *sql.DB
	conn *sql.Conn

	put, strike *sql.Stmt
}

// openDatabase opens the file, or makes it, and finds everything that was committed on the disk. The errors are [ErrNewer],
// errDamaged, and others that may pass.
func openDatabase(ctx context.Context, file string) (*database, error) {
	if err := touch(file); err != nil {
		return nil, err
	}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	q := url.Values{"mode": {"rw"}, "_defensive": {"1"}, "_dqs": {"0"}, "_busy_timeout": {"5000"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	d := &database{db: db}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(explain(err), d.close())
	}
	return d, nil
}

// settings are those of the connection, in this order: who has the file alone before it is read for the first time needs no file for shared
// memory, which could find no space.
var settings = []string{
	"locking_mode = EXCLUSIVE", "trusted_schema = 0", "cell_size_check = 1", "page_size = 4096", "journal_mode = WAL", "synchronous = FULL",
	"fullfsync = 1", "checkpoint_fullfsync = 1", "journal_size_limit = 67108864",
}

// touch makes the file before SQLite does: its other files take on the mode of this one.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func (d *database) prepare(ctx context.Context) (err error) {
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	for _, setting := range settings {
		if _, err := d.conn.ExecContext(ctx, "PRAGMA "+setting); err != nil {
			return err
		}
	}
	if err := d.verify(ctx); err != nil {
		return err
	}
	if d.put, err = d.conn.PrepareContext(ctx, "INSERT OR REPLACE INTO entries (life, slot, due, entry) VALUES (?, ?, ?, ?)"); err != nil {
		return err
	}
	d.strike, err = d.conn.PrepareContext(ctx, "DELETE FROM entries WHERE life = ? AND slot = ?")
	return err
}

// verify checks all of the file, and makes the tables of an empty one. The checkpoint writes anew what a process may have left in
// the page cache only.
func (d *database) verify(ctx context.Context) error {
	var application, format int
	if err := d.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return err
	}
	if err := d.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&format); err != nil {
		return err
	}
	switch {
	case application == 0 && format == 0:
		var tables int
		if err := d.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
		if tables > 0 {
			return fmt.Errorf("%w: it is a database of something else", errDamaged)
		}
		setup := fmt.Sprintf("BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d; %s COMMIT", applicationID, Format, schema)
		if _, err := d.conn.ExecContext(ctx, setup); err != nil {
			return err
		}
	case application != applicationID:
		return fmt.Errorf("%w: it is a database of something else", errDamaged)
	case format > Format:
		return fmt.Errorf("%w: format %d, this version knows %d", ErrNewer, format, Format)
	case format < Format:
		return fmt.Errorf("%w: format %d", errDamaged, format)
	}
	return d.check(ctx)
}

func (d *database) check(ctx context.Context) error {
	var finding string
	if err := d.conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, strings.ReplaceAll(finding, "\n", ", "))
	}
	var busy, frames, moved int
	err := d.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil {
		err = d.shrink(ctx)
	}
	if resultCode(err) == codes.SQLITE_FULL {
		return nil // what could not be moved is in the write-ahead log still
	}
	return err
}

// shrink gives back what a file has become that once held very many: more than 16 MB, most of them empty.
func (d *database) shrink(ctx context.Context) error {
	var pages, empty int
	if err := d.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	if err := d.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&empty); err != nil || pages < 4096 || empty < pages/4*3 {
		return err
	}
	_, err := d.conn.ExecContext(ctx, "VACUUM")
	return err
}

// within does something in a transaction.
func (d *database) within(ctx context.Context, do func() error) error {
	if _, err := d.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return explain(err)
	}
	err := do()
	if err == nil {
		_, err = d.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, undone := d.conn.ExecContext(ctx, "ROLLBACK")
		if resultCode(undone) == codes.SQLITE_ERROR {
			undone = nil // SQLite has done it by itself
		}
		return errors.Join(explain(err), undone)
	}
	return nil
}

func (d *database) close() error {
	var errs []error
	for _, statement := range []*sql.Stmt{d.put, d.strike} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	if d.conn != nil {
		errs = append(errs, d.conn.Close())
	}
	return errors.Join(append(errs, d.db.Close())...)
}

// resultCode is SQLite's primary result code, or 0 if err is not SQLite's.
func resultCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return codes.SQLITE_OK
}

// explain tells the kinds of SQLite's errors apart.
func explain(err error) error {
	switch resultCode(err) {
	case codes.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return err
}

// setAside gives a damaged file another name, with what belongs to it.
func setAside(file, suffix string) (name string, err error) {
	name = file + ".damaged-" + suffix
	for _, part := range []string{"-wal", "-shm", ""} {
		if moved := os.Rename(file+part, name+part); moved != nil && !errors.Is(moved, fs.ErrNotExist) {
			err = errors.Join(err, moved)
		}
	}
	return name, err
}
