package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

var (
	// ErrLocked says that another program is using the store.
	ErrLocked = errors.New("in use by another program")
	// ErrNewer says that a newer version wrote the store or the backup.
	ErrNewer = errors.New("written by a newer gangway")
	// ErrFull says that the disk is full, or nearly. It passes by itself when there is space again.
	ErrFull = errors.New("no space left for definitions")
	// ErrBroken says that a write failed in a way after which only opening the log again is safe.
	ErrBroken = errors.New("a write to the log failed, it must be opened again")
	// ErrClosed says that the log is closed.
	ErrClosed = errors.New("the log is closed")
	// ErrExists says that the folder holds a store already.
	ErrExists = errors.New("the folder holds a store already")
	// ErrInvalid says that a record cannot be stored as it is.
	ErrInvalid = errors.New("invalid record")
)

// A DamagedError says that what is on disk is not what was written. Nothing was changed.
type DamagedError struct {
	// File is the path of the damaged file.
	File string
	// Position is where in it, as far as is known: "revision 17", "page 5 (offset 16384)", "line 3".
	Position string
	// Reason is what is wrong there.
	Reason string
	// Remedy is what to do now.
	Remedy string
}

// Error is one line: file, where, what, and what to do.
func (e *DamagedError) Error() string {
	where := e.File
	if e.Position != "" {
		where += " at " + e.Position
	}
	return fmt.Sprintf("store: damaged: %s: %s; %s", where, e.Reason, e.Remedy)
}

const (
	remedyStore  = "move the folder away and restore a backup with `gangway restore`"
	remedyBackup = "use another backup"
)

// damaged keeps the reason to one line: SQLite's may have several.
func damaged(file, position, reason string) error {
	reason = strings.ReplaceAll(strings.TrimPrefix(reason, "*** in database main ***\n"), "\n", ", ")
	return &DamagedError{File: file, Position: position, Reason: reason, Remedy: remedyStore}
}

// firstPage is the position of SQLite's own header, which says how all else is to be read.
const firstPage = "page 1 (offset 0)"

func atRevision(n uint64) string { return "revision " + strconv.FormatUint(n, 10) }

// page finds the page in what SQLite says of a damaged database.
var page = regexp.MustCompile(`\b[pP]age:? (\d+)`)

func atPage(message string) string {
	m := page.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil || n < 1 {
		return ""
	}
	return fmt.Sprintf("page %d (offset %d)", n, (n-1)*pageSize)
}

// resultCode is SQLite's primary result code, or 0 if err is not SQLite's.
func resultCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return codes.SQLITE_OK
}

// explain gives an error met while reading the database in our words.
func explain(file string, err error) error { return explainAt(file, "", err) }

// explainAt is explain for an error met at a position, which is said if SQLite knows none. What is not known to be another's
// fault is damage: a store that cannot be verified is not served.
func explainAt(file, position string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("store: %w", err)
	}
	if _, ok := errors.AsType[*DamagedError](err); ok {
		return err
	}
	switch resultCode(err) {
	case codes.SQLITE_FULL:
		return fmt.Errorf("store: %w: %s: %w", ErrFull, file, err)
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL:
		return fmt.Errorf("store: %s: %w: %w", file, ErrLocked, err)
	case codes.SQLITE_CANTOPEN, codes.SQLITE_PERM:
		return denied("open", file, fmt.Errorf("%w: %w", fs.ErrPermission, err))
	}
	if writeFault(err) {
		return fmt.Errorf("store: %s: %w", file, err)
	}
	return damaged(file, cmp.Or(atPage(err.Error()), position), err.Error())
}

// writeFault knows the faults of the disk that say nothing of what is on it.
func writeFault(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || e.Code()&0xff != codes.SQLITE_IOERR {
		return false
	}
	switch e.Code() {
	case codes.SQLITE_IOERR_READ, codes.SQLITE_IOERR_SHORT_READ, codes.SQLITE_IOERR_DATA, codes.SQLITE_IOERR_CORRUPTFS:
		return false
	}
	return true
}

// denied names the path and the user: the two things an operator needs to put it right.
func denied(verb, path string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		path, err = pe.Path, pe.Err
	}
	return fmt.Errorf("store: cannot %s %s as uid %d: %w", verb, path, os.Getuid(), err)
}
