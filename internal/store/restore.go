package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// Restore makes a store of a backup in a folder that has none, or changes nothing: the whole backup is verified before the
// store gets its name. The folder may hold other files. Returns *DamagedError, ErrNewer, ErrExists, ErrLocked and ErrFull.
func Restore(ctx context.Context, dir string, r io.Reader) (s Summary, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return Summary{}, fmt.Errorf("store: %w", err)
	}
	lock, err := prepareDir(dir)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for _, name := range []string{databaseName, databaseName + "-wal", headName} {
		if exists(filepath.Join(dir, name)) {
			return Summary{}, fmt.Errorf("store: %w: %s", ErrExists, filepath.Join(dir, name))
		}
	}
	b := newBackupReader(r)
	if err := build(ctx, dir, b.rows()); err != nil {
		return Summary{}, err
	}
	return b.summary, nil
}
