package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The head file is two slots in two sectors of their own: 8 bytes of magic, 8 of revision, 32 of that record's hash, and the
// SHA-256 of those.
const (
	headMagic  = "GWHEAD01"
	slotBody   = 8 + 8 + sha256.Size
	slotSize   = slotBody + sha256.Size
	slotStride = 4096
)

// slot says that the log reached a revision with a hash.
type slot struct {
	valid    bool
	revision uint64
	hash     digest
}

func (s slot) encode() []byte {
	b := make([]byte, 0, slotSize)
	b = append(b, headMagic...)
	b = binary.BigEndian.AppendUint64(b, s.revision)
	b = append(b, s.hash[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// decodeSlot gives an invalid slot for anything that encode did not write.
func decodeSlot(b []byte) slot {
	if len(b) < slotSize || string(b[:8]) != headMagic || sha256.Sum256(b[:slotBody]) != [sha256.Size]byte(b[slotBody:slotSize]) {
		return slot{}
	}
	return slot{valid: true, revision: binary.BigEndian.Uint64(b[8:]), hash: digest(b[16:slotBody])}
}

// head is what the head file says.
type head struct {
	file  string
	slots [2]slot
}

func readHead(file string) (head, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return head{}, err
	}
	h := head{file: file, slots: [2]slot{decodeSlot(b), {}}}
	if len(b) > slotStride {
		h.slots[1] = decodeSlot(b[slotStride:])
	}
	return h, nil
}

// readLiveHead reads a head that another process may be writing: one slot may be seen torn, so a second look is due.
func readLiveHead(file string) (head, error) {
	var h head
	for range 3 {
		var err error
		if h, err = readHead(file); err != nil || h.slots[0].valid && h.slots[1].valid {
			return h, err
		}
	}
	return h, nil
}

// best is the newer valid slot.
func (h head) best() slot {
	a, b := h.slots[0], h.slots[1]
	if b.valid && (!a.valid || b.revision > a.revision) {
		return b
	}
	return a
}

// confirm holds a record of the log against the slots.
func (h head) confirm(revision uint64, hash digest) error {
	for i, s := range h.slots {
		if s.valid && s.revision == revision && s.hash != hash {
			return damaged(h.file, h.place(i), fmt.Sprintf("it names another revision %d than the log holds", revision))
		}
	}
	return nil
}

// reached says whether a log that ends at a revision holds all that was acknowledged.
func (h head) reached(last uint64) error {
	best := h.best()
	if !best.valid {
		return damaged(h.file, h.place(0), "neither of its two slots is valid")
	}
	if last < best.revision {
		return damaged(filepath.Join(filepath.Dir(h.file), databaseName), atRevision(last+1),
			fmt.Sprintf("acknowledged changes up to revision %d are missing, and no sound write-ahead log beside it has them", best.revision))
	}
	return nil
}

// explains says whether some crash of Append, and nothing else, leads to this head and a log that ends at a revision.
func (h head) explains(last uint64) error {
	if err := h.reached(last); err != nil {
		return err
	}
	best := h.best().revision
	for i, s := range h.slots {
		switch {
		case !s.valid && last != best+1:
			return damaged(h.file, h.place(i), "the slot does not match its checksum")
		case s.valid && s.revision+1 < best:
			return damaged(h.file, h.place(i), fmt.Sprintf("its slots are revisions %d and %d", s.revision, best))
		}
	}
	if last > best+1 {
		return damaged(h.file, h.place(int(best%2)), fmt.Sprintf("it ends at revision %d, the log at %d", best, last))
	}
	return nil
}

func (h head) place(i int) string { return fmt.Sprintf("offset %d", i*slotStride) }

// stageHead writes a head with two equal slots to a file that is to be renamed.
func stageHead(file string, s slot) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := make([]byte, 2*slotStride)
	copy(b, s.encode())
	copy(b[slotStride:], s.encode())
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

// replaceHead puts a new head in the place of the old one: after a crash there is the one or the other.
func replaceHead(dir string, s slot) (*os.File, error) {
	staged, file := filepath.Join(dir, stagedHead), filepath.Join(dir, headName)
	if err := stageHead(staged, s); err != nil {
		return nil, err
	}
	if err := os.Rename(staged, file); err != nil {
		return nil, err
	}
	if err := syncDir(dir); err != nil {
		return nil, err
	}
	return os.OpenFile(file, os.O_WRONLY, 0)
}

// advance writes one slot and makes it durable. Revisions take turns, so the slot of the revision before stays whole.
func advance(f *os.File, s slot) error {
	if _, err := f.WriteAt(s.encode(), int64(s.revision%2)*slotStride); err != nil {
		return err
	}
	return f.Sync()
}

// findHead reads the head of a store at rest. A head still under its first name is what a crash of publish leaves; then
// the log must end exactly there.
func findHead(dir string) (h head, unpublished bool, err error) {
	h, err = readHead(filepath.Join(dir, headName))
	if !errors.Is(err, fs.ErrNotExist) {
		return h, false, err
	}
	h, err = readHead(filepath.Join(dir, stagedHead))
	if err != nil || h.slots[0] != h.slots[1] || !h.slots[0].valid {
		return h, false, damaged(filepath.Join(dir, headName), "", "the file is missing")
	}
	return h, true, nil
}
