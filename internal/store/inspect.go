package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// inspect reads the whole store at rest and says where it ends. It changes nothing.
func inspect(ctx context.Context, dir string, h head, unpublished bool) (end slot, err error) {
	file := filepath.Join(dir, databaseName)
	db, err := openDatabase(file, readOnly)
	if err != nil {
		return slot{}, explain(file, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkFormat(ctx, db, file); err != nil {
		return slot{}, err
	}
	if err := checkIntegrity(ctx, db, file); err != nil {
		return slot{}, locate(ctx, db, file, err)
	}
	c, err := checkChain(ctx, db, file, h)
	if err != nil {
		return slot{}, err
	}
	if err := h.explains(c.last()); err != nil {
		return slot{}, err
	}
	if unpublished && c.last() != h.best().revision {
		return slot{}, damaged(filepath.Join(dir, headName), "", "the file is missing")
	}
	return slot{valid: true, revision: c.last(), hash: c.hash}, nil
}

// checkFormat returns ErrNewer for what a newer version wrote, and sees that the table is ours.
func checkFormat(ctx context.Context, db *sql.DB, file string) error {
	var id, version int
	var first []byte
	if err := db.QueryRowContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").
		Scan(&id, &version); err != nil {
		return explainAt(file, firstPage, err)
	}
	err := db.QueryRowContext(ctx, "SELECT payload FROM records WHERE revision = 0").Scan(&first)
	if version > Format {
		return checkNewer(file, version, first)
	}
	if err != nil {
		return explainAt(file, firstPage, err)
	}
	if id != applicationID || version != Format {
		return damaged(file, firstPage, fmt.Sprintf("application id %#x and format %d are not a store's", id, version))
	}
	var objects int
	var text string
	if err := db.QueryRowContext(ctx, "SELECT count(*), max(sql) FROM sqlite_schema").Scan(&objects, &text); err != nil {
		return explainAt(file, firstPage, err)
	}
	if objects != 1 || text != schema {
		return damaged(file, firstPage, "the table of records has another shape")
	}
	return nil
}

// checkNewer tells a newer format from damage to the number: every format keeps its genesis at revision 0.
func checkNewer(file string, version int, first []byte) error {
	var g genesis
	if err := json.Unmarshal(first, &g); err == nil && g.Format != version {
		return damaged(file, "offset 60", fmt.Sprintf("format %d there, format %d in the genesis", version, g.Format))
	}
	return newer(file, version, g.Writer)
}

func newer(what string, format int, by string) error {
	if by == "" {
		by = "an unnamed version"
	}
	return fmt.Errorf("store: %w: %s is of format %d, written by %s; this is %s and reads format %d",
		ErrNewer, what, format, by, writer(), Format)
}

func checkIntegrity(ctx context.Context, db *sql.DB, file string) error {
	var result string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&result); err != nil {
		return explain(file, err)
	}
	if result != "ok" {
		return damaged(file, atPage(result), result)
	}
	return nil
}

// locate finds a place for damage that SQLite has named none for: the first record that cannot be read, or else the header,
// as there is nothing else.
func locate(ctx context.Context, db *sql.DB, file string, err error) error {
	d, ok := errors.AsType[*DamagedError](err)
	if !ok || d.Position != "" {
		return err
	}
	d.Position = firstPage
	_, err = checkChain(ctx, db, file, head{})
	if found, ok := errors.AsType[*DamagedError](err); ok {
		d.Position = found.Position
	}
	return d
}

// checkChain follows the log to its end and holds it against the head.
func checkChain(ctx context.Context, db *sql.DB, file string, h head) (chain, error) {
	var c chain
	err := rows(ctx, db, 0, math.MaxInt64, func(r row) error {
		if _, err := c.add(r); err != nil {
			return damaged(file, atRevision(r.revision), err.Error())
		}
		return h.confirm(c.last(), c.hash)
	})
	if err != nil {
		return c, explainAt(file, atRevision(c.rows), err)
	}
	if c.rows == 0 {
		return c, damaged(file, atRevision(0), "the log is empty")
	}
	return c, nil
}

// survey says whether a folder holds a store, and refuses remains that SQLite would take for reasons to delete what is there.
func survey(dir string) (bool, error) {
	file := filepath.Join(dir, databaseName)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, remains(dir)
	}
	if err != nil {
		return false, denied("read", file, err)
	}
	// SQLite takes a file of no byte, or one, for a new database and deletes the write-ahead log beside it.
	if info.Size() < pageSize {
		return false, damaged(file, fmt.Sprintf("offset %d", info.Size()), "the file ends there")
	}
	// A rollback journal is none of ours, and SQLite would write it over the database.
	if exists(file + "-journal") {
		return false, damaged(file+"-journal", "", "no store has such a file")
	}
	return true, nil
}

// remains refuses a folder that has lost its database.
func remains(dir string) error {
	file := filepath.Join(dir, databaseName)
	for _, name := range []string{headName, databaseName + "-wal"} {
		if exists(filepath.Join(dir, name)) {
			return damaged(file, "", fmt.Sprintf("the file is missing, %s is there", name))
		}
	}
	return nil
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

// checkModes refuses a store that others may read, or whose folder others may write.
func checkModes(dir string) error {
	if err := checkMode(dir, 0o022, 0o700); err != nil {
		return err
	}
	for _, name := range []string{databaseName, databaseName + "-wal", headName} {
		if err := checkMode(filepath.Join(dir, name), 0o077, 0o600); err != nil {
			return err
		}
	}
	return nil
}
