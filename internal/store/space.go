package store

import (
	"errors"
	"fmt"
	"math"
)

// Free is how many bytes an ordinary user may still write to the file system of a folder, where the system says so; ok: it does.
func Free(dir string) (bytes uint64, ok bool) {
	bytes, total, err := freeSpace(dir)
	return bytes, err == nil && total < math.MaxUint64
}

// Below this much free space Append refuses, so that it never meets a full disk half-way through a write: 64 MB, or a twentieth
// of the file system if that is less, so that a small volume is usable and a large one is not wasted.
const (
	spareBytes = 64 << 20
	sparePart  = 20
)

func spareOf(total uint64) uint64 { return min(spareBytes, total/sparePart) }

// Low says that the file system of a folder has so little left that Append would refuse.
func Low(dir string) bool { return errors.Is(checkSpace(freeSpace, dir, 0), ErrFull) }

// Fits says that so many bytes can be written to the file system of a folder without eating into what must stay free, as far as that
// is known. It is for files that lie beside the log.
func Fits(dir string, bytes uint64) bool {
	return !errors.Is(checkSpace(freeSpace, dir, min(bytes, math.MaxInt64)/copies), ErrFull)
}

// A record is written twice: to the write-ahead log now, and to the database at a later checkpoint. Both must fit, or the
// checkpoint would meet the full disk, and so would the next start.
const copies = 2

// checkSpace returns ErrFull if writing a record of some bytes would eat into what must stay free.
func checkSpace(free func(string) (uint64, uint64, error), dir string, record uint64) error {
	left, total, err := free(dir)
	if err != nil {
		return denied("read the free space of", dir, err)
	}
	if need := spareOf(total) + copies*record; left < need {
		return fmt.Errorf("store: %w: %s has %d bytes free of %d, %d must be", ErrFull, dir, left, total, need)
	}
	return nil
}

// Pages in the write-ahead log after which SQLite makes a checkpoint: as it likes it, and on a small volume so few that what
// is still to be copied takes no more than a quarter of what stays free.
const (
	mostPages  = 1000
	leastPages = 8
	debtPart   = 4
)

func checkpointAfter(total uint64) uint64 {
	return max(leastPages, min(mostPages, spareOf(total)/debtPart/pageSize))
}
