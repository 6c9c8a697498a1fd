package store

import "fmt"

// Below this much free space Append refuses, so that it never meets a full disk half-way through a write: 64 MB, or a twentieth
// of the file system if that is less, so that a small volume is usable and a large one is not wasted.
const (
	spareBytes = 64 << 20
	sparePart  = 20
)

// checkSpace returns ErrFull if writing need bytes would eat into what must stay free.
func checkSpace(free func(string) (uint64, uint64, error), dir string, need uint64) error {
	left, total, err := free(dir)
	if err != nil {
		return denied("read the free space of", dir, err)
	}
	if spare := min(spareBytes, total/sparePart); left < spare+need {
		return fmt.Errorf("store: %w: %s has %d bytes free of %d, %d must remain", ErrFull, dir, left, total, spare+need)
	}
	return nil
}
