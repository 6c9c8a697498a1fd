package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// prepareDir makes the folder if it is absent and takes it for this process.
func prepareDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, denied("create", dir, err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, denied("sync", filepath.Dir(dir), err)
	}
	return lockDir(dir)
}

// build makes a store of the given rows, the genesis first, in a folder that has none. Either all of it is there, or none.
func build(ctx context.Context, dir string, all iter.Seq2[row, error]) error {
	if err := sweep(dir); err != nil {
		return err
	}
	end, err := stage(ctx, dir, all)
	if err != nil {
		return errors.Join(err, sweep(dir))
	}
	if err := stageHead(filepath.Join(dir, stagedHead), end); err != nil {
		return errors.Join(written(dir, err), sweep(dir))
	}
	return publish(dir)
}

// publish gives the files of a built store their names. The order is what lets Open tell a crash from damage.
func publish(dir string) error {
	if err := publishFile(dir, stagedDatabase, databaseName); err != nil {
		return err
	}
	return publishFile(dir, stagedHead, headName)
}

func publishFile(dir, staged, name string) error {
	if err := os.Rename(filepath.Join(dir, staged), filepath.Join(dir, name)); err != nil {
		return written(dir, err)
	}
	return written(dir, syncDir(dir))
}

// sweep removes what a crash left of a store that was never published.
func sweep(dir string) error {
	for _, name := range []string{stagedDatabase, stagedDatabase + "-wal", stagedDatabase + "-shm", stagedDatabase + "-journal", stagedHead} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return denied("remove", filepath.Join(dir, name), err)
		}
	}
	return nil
}

// stage writes the database under its first name and makes it durable.
func stage(ctx context.Context, dir string, all iter.Seq2[row, error]) (end slot, err error) {
	file := filepath.Join(dir, stagedDatabase)
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return slot{}, denied("create", file, err)
	}
	if err := f.Close(); err != nil {
		return slot{}, written(dir, err)
	}
	db, err := openDatabase(file, create)
	if err != nil {
		return slot{}, written(dir, err)
	}
	end, err = fill(ctx, db, all)
	if err == nil {
		err = checkpoint(ctx, db)
	}
	return end, written(dir, errors.Join(err, db.Close()))
}

// fill writes the table in one transaction.
func fill(ctx context.Context, db *sql.DB, all iter.Seq2[row, error]) (slot, error) {
	setup := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, Format, schema)
	if _, err := db.ExecContext(ctx, setup); err != nil {
		return slot{}, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return slot{}, err
	}
	end, err := insertAll(ctx, tx, all)
	if err != nil {
		return slot{}, errors.Join(err, tx.Rollback())
	}
	return end, tx.Commit()
}

func insertAll(ctx context.Context, tx *sql.Tx, all iter.Seq2[row, error]) (slot, error) {
	var c chain
	for r, err := range all {
		if err != nil {
			return slot{}, err
		}
		if _, err := c.add(r); err != nil {
			return slot{}, err
		}
		if _, err := tx.ExecContext(ctx, insertRow, r.revision, r.payload, r.hash); err != nil {
			return slot{}, err
		}
	}
	return slot{valid: true, revision: c.last(), hash: c.hash}, nil
}

// written explains why a new store could not be written.
func written(dir string, err error) error {
	switch {
	case err == nil:
		return nil
	case resultCode(err) != 0:
		return explain(filepath.Join(dir, databaseName), err)
	case isFull(err):
		return fmt.Errorf("store: %w: %s: %w", ErrFull, dir, err)
	case errors.Is(err, fs.ErrPermission):
		return denied("write", dir, err)
	}
	return err
}

// newStore is what a first start writes: a genesis.
func newStore() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		payload, err := newGenesis()
		hash := digest{}.next(payload)
		yield(row{payload: payload, hash: hash[:]}, err)
	}
}
