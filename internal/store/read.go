package store

import (
	"context"
	"fmt"
	"path/filepath"
)

// Read gives records again, in order, from a revision on: at most so many, and none beyond the last acknowledged one. It
// does not verify them, which Open has done. Returns *DamagedError for one that cannot be read, and ErrClosed.
func (l *Log) Read(ctx context.Context, first uint64, most int) ([]Record, error) {
	first = max(first, 1) // the genesis is no record of anybody's
	last := l.Revision()
	if first > last {
		return nil, nil
	}
	last = min(last, first+uint64(max(most, 1))-1)
	var records []Record
	err := rows(ctx, l.db, first, last, func(row row) error {
		r, err := decode(row.payload)
		if err != nil {
			return damaged(filepath.Join(l.dir, databaseName), atRevision(row.revision), err.Error())
		}
		records = append(records, r)
		return nil
	})
	switch {
	case err != nil && l.closed.Load():
		return nil, fmt.Errorf("store: %w", ErrClosed)
	case err != nil:
		return nil, explainAt(filepath.Join(l.dir, databaseName), atRevision(first), err)
	}
	return records, nil
}
