package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	codes "modernc.org/sqlite/lib"
)

// Options are settings of a Log. The zero value is right outside of tests.
type Options struct {
	// FreeSpace says how much of the file system of a folder is free and how large it is. Nil: it is asked.
	FreeSpace func(dir string) (free, total uint64, err error)
}

// A Log is an open store. Its methods may be called at the same time.
type Log struct {
	dir      string
	free     func(dir string) (free, total uint64, err error)
	lock     *os.File
	db       *sql.DB
	insert   *sql.Stmt
	revision atomic.Uint64

	// turn holds one token. Who has taken it out may use what is below, and may append.
	turn   chan struct{}
	head   *os.File
	hash   digest
	broken error

	closed atomic.Bool
}

// Open opens the store in a folder, and makes both if they are absent. It verifies every record. Returns *DamagedError,
// ErrLocked, ErrNewer, ErrFull, and fs.ErrPermission with the path.
func Open(ctx context.Context, dir string) (*Log, error) { return OpenWith(ctx, dir, Options{}) }

// OpenWith is Open with settings.
func OpenWith(ctx context.Context, dir string, o Options) (*Log, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := prepareDir(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, free: o.FreeSpace, lock: lock, turn: make(chan struct{}, 1)}
	if l.free == nil {
		l.free = freeSpace
	}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.release())
	}
	l.turn <- struct{}{}
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	if err := checkModes(l.dir); err != nil {
		return err
	}
	present, err := survey(l.dir)
	if err != nil {
		return err
	}
	if !present {
		if err := build(ctx, l.dir, newStore()); err != nil {
			return err
		}
	}
	h, unpublished, err := findHead(l.dir)
	if err != nil {
		return explain(filepath.Join(l.dir, headName), err)
	}
	end, err := inspect(ctx, l.dir, h, unpublished)
	if err != nil {
		return err
	}
	return l.start(ctx, end, unpublished)
}

// start makes a verified store durable and ready to be written. The package comment says why in this order.
func (l *Log) start(ctx context.Context, end slot, unpublished bool) (err error) {
	file := filepath.Join(l.dir, databaseName)
	_, total, err := l.free(l.dir)
	if err != nil {
		return denied("read the free space of", l.dir, err)
	}
	if l.db, err = openDatabase(file, readWrite, fmt.Sprintf("wal_autocheckpoint(%d)", checkpointAfter(total))); err != nil {
		return explain(file, err)
	}
	if err := checkpoint(ctx, l.db); err != nil {
		return written(l.dir, err)
	}
	if unpublished {
		if err := publishFile(l.dir, stagedHead, headName); err != nil {
			return err
		}
	}
	if l.head, err = replaceHead(l.dir, end); err != nil {
		return written(l.dir, err)
	}
	if l.insert, err = l.db.PrepareContext(ctx, insertRow); err != nil {
		return explain(file, err)
	}
	if err := sweep(l.dir); err != nil {
		return err
	}
	l.revision.Store(end.revision)
	l.hash = end.hash
	return nil
}

// Revision is the revision of the last acknowledged record, 0 if there is none.
func (l *Log) Revision() uint64 { return l.revision.Load() }

// Replay gives every acknowledged record in order, each verified again. It ends at the first error, a *DamagedError or
// what the closing of the log leads to. Appending while it runs is fine and does not lengthen it.
func (l *Log) Replay(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		file := filepath.Join(l.dir, databaseName)
		var c chain
		last := l.Revision()
		err := rows(ctx, l.db, 0, last, func(row row) error {
			r, err := c.add(row)
			switch {
			case err != nil:
				return damaged(file, atRevision(row.revision), err.Error())
			case row.revision > 0 && !yield(r, nil):
				return errEnough
			}
			return nil
		})
		switch {
		case errors.Is(err, errEnough):
		case err != nil && l.closed.Load():
			yield(Record{}, fmt.Errorf("store: %w", ErrClosed))
		case err != nil:
			yield(Record{}, explainAt(file, atRevision(c.rows), err))
		case c.rows != last+1:
			yield(Record{}, damaged(file, atRevision(c.rows), "the record is missing"))
		}
	}
}

// errEnough stops a replay whose reader has seen enough.
var errEnough = errors.New("enough")

// Append adds a record as revision Revision()+1 and returns it as Replay will give it. When it returns without an error, the record is
// on the disk. A done context is heeded while waiting for a turn and not after. Returns ErrInvalid, ErrFull,
// ErrBroken, ErrClosed, and ErrLocked if a foreign program holds the database.
func (l *Log) Append(ctx context.Context, r Record) (Record, error) {
	if err := l.take(ctx); err != nil {
		return Record{}, err
	}
	defer l.give()
	if l.broken != nil {
		return Record{}, fmt.Errorf("store: %w: %w", ErrBroken, l.broken)
	}
	r.Revision = l.revision.Load() + 1
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Time = r.Time.UTC()
	payload, err := r.encode()
	if err != nil {
		return Record{}, fmt.Errorf("store: %w", err)
	}
	if err := checkSpace(l.free, l.dir, uint64(len(payload))); err != nil {
		return Record{}, err
	}
	next := slot{valid: true, revision: r.Revision, hash: l.hash.next(payload)}
	if err := l.commit(context.WithoutCancel(ctx), next, payload); err != nil {
		return Record{}, err
	}
	return decode(payload)
}

// commit is steps (1) and (2) of the package comment.
func (l *Log) commit(ctx context.Context, next slot, payload []byte) error {
	if _, err := l.insert.ExecContext(ctx, next.revision, payload, next.hash[:]); err != nil {
		return l.failed(ctx, err)
	}
	if err := advance(l.head, next); err != nil {
		l.broken = err
		return fmt.Errorf("store: %w: %w", ErrBroken, err)
	}
	l.hash = next.hash
	l.revision.Store(next.revision)
	return nil
}

// failed says what a failed commit means. No space and a foreign lock leave the log usable, if it is seen to end where it did.
func (l *Log) failed(ctx context.Context, cause error) error {
	code := resultCode(cause)
	if code == codes.SQLITE_FULL || code == codes.SQLITE_BUSY {
		last, err := lastRevision(ctx, l.db)
		if err == nil && last == l.revision.Load() {
			return explain(filepath.Join(l.dir, databaseName), cause)
		}
		cause = errors.Join(cause, err)
	}
	l.broken = cause
	return fmt.Errorf("store: %w: %w", ErrBroken, cause)
}

// Close may be called twice. It waits for an append that is under way and gives the folder back.
func (l *Log) Close() error {
	<-l.turn
	defer l.give()
	if l.closed.Swap(true) {
		return nil
	}
	return l.release()
}

// release closes what is open, the lock last.
func (l *Log) release() error {
	var errs []error
	if l.insert != nil {
		errs = append(errs, l.insert.Close())
	}
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	if l.head != nil {
		errs = append(errs, l.head.Close())
	}
	return errors.Join(append(errs, l.lock.Close())...)
}

func (l *Log) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	select {
	case <-l.turn:
	case <-ctx.Done():
		return fmt.Errorf("store: %w", ctx.Err())
	}
	if l.closed.Load() {
		l.give()
		return fmt.Errorf("store: %w", ErrClosed)
	}
	return nil
}

func (l *Log) give() { l.turn <- struct{}{} }

// isFull knows a full disk from what the system says of a write of our own.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC)
}
