package functions

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What an archive of code may unpack to: "Lambda quotas" in the developer guide for its size. The others are ours, so that an archive
// of nothing but names does not fill a disk with folders.
const (
	maxUnpacked = 250 << 20
	maxEntries  = 50_000 // files and folders, those in between too
	maxLevels   = 64
	maxPath     = 1024
	folderCost  = 4 << 10 // what a folder takes of a disk
)

// Modes of files that nobody but our own user has to do with.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// An ArchiveError says what is wrong with an archive of code.
type ArchiveError struct{ Message string }

// Error implements error.
func (e *ArchiveError) Error() string { return e.Message }

func unfit(format string, args ...any) *ArchiveError {
	return &ArchiveError{fmt.Sprintf(format, args...)}
}

var (
	errNotUnpacked      = unfit("Could not unzip uploaded file. Please check your file, then try to upload again.")
	errUnpackedTooLarge = unfit("Unzipped size must be smaller than %d bytes", maxUnpacked)
	errTooMany          = unfit("An archive may have at most %d entries, with the folders that they are in", maxEntries)
	errEmpty            = unfit("Uploaded file must be a non-empty zip")
)

// An Archive is the code of a function as it is deployed: a ZIP file, every entry of which has been found harmless.
type Archive struct {
	text    []byte
	entries []entry
	size    uint64
}

// An entry is a file or a folder of an archive, by its path below the folder that it is unpacked to.
type entry struct {
	path string
	file *zip.File
}

// OpenArchive reads what an archive says it holds, before anything is unpacked. The text must not be changed any more. What is wrong
// with it is an [*ArchiveError].
func OpenArchive(text []byte) (*Archive, error) {
	switch {
	case len(text) == 0:
		return nil, errEmpty
	case bytes.Count(text, []byte("PK\x01\x02")) > maxEntries: // before a list of them is made
		return nil, errTooMany
	}
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, errNotUnpacked
	}
	a := &Archive{text: text}
	made := map[string]bool{}
	for _, file := range r.File {
		if err := a.add(file, made); err != nil {
			return nil, err
		}
	}
	if len(a.entries) == 0 {
		return nil, errEmpty
	}
	return a, nil
}

// add takes an entry. The map has the folders that entries before it have made.
func (a *Archive) add(file *zip.File, made map[string]bool) error {
	place, err := placeOf(file)
	if err != nil {
		return err
	}
	folder := place
	if !file.Mode().IsDir() {
		folder = path.Dir(place)
		a.size += min(file.UncompressedSize64, math.MaxUint32)
	}
	for ; folder != "." && !made[folder]; folder = path.Dir(folder) {
		made[folder] = true
		a.size += folderCost
	}
	a.entries = append(a.entries, entry{place, file})
	switch {
	case len(a.entries)+len(made) > maxEntries:
		return errTooMany
	case a.size > maxUnpacked:
		return errUnpackedTooLarge
	}
	return nil
}

// placeOf is where an entry is unpacked to, or why it is not. A link would let another entry, or the function, be led elsewhere.
func placeOf(file *zip.File) (string, error) {
	place := path.Clean(file.Name)
	switch mode := file.Mode(); {
	case !filepath.IsLocal(filepath.FromSlash(place)), strings.ContainsAny(file.Name, "\\\x00"), len(file.Name) > maxPath:
		return "", unfit("The archive has an entry whose path leads out of it or cannot be used: %.100q", file.Name)
	case strings.Count(place, "/") >= maxLevels:
		return "", unfit("The archive has an entry that is more than %d folders deep: %.100q", maxLevels, file.Name)
	case mode&fs.ModeSymlink != 0:
		return "", unfit("The archive has a symbolic link, %.100q: put what it leads to in its place", file.Name)
	case !mode.IsDir() && !mode.IsRegular():
		return "", unfit("The archive has an entry that is neither a file nor a folder: %.100q", file.Name)
	case file.Flags&1 != 0: // APPNOTE.TXT 4.4.4, bit 0
		return "", unfit("The archive has an encrypted entry: %.100q", file.Name)
	}
	return place, nil
}

// Text is the archive itself.
func (a *Archive) Text() []byte { return a.text }

// Sum is the SHA-256 of the archive, in hexadecimal digits.
func (a *Archive) Sum() string {
	sum := sha256.Sum256(a.text)
	return hex.EncodeToString(sum[:])
}

// Size is how many bytes the archive unpacks to, as it says itself.
func (a *Archive) Size() uint64 { return a.size }

// Unpack puts what the archive holds in the place of a folder, as a whole: it is made under another name beside it first. That name
// begins with a full stop. What could not be finished is taken away.
func (a *Archive) Unpack(to string) error {
	fresh, err := os.MkdirTemp(filepath.Dir(to), ".new-*")
	if err != nil {
		return err
	}
	err = a.write(fresh)
	if err == nil {
		err = os.RemoveAll(to)
	}
	if err == nil {
		err = os.Rename(fresh, to)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return nil
}

// write writes all entries below a folder that is there. The folder is not left whatever the entries are called.
func (a *Archive) write(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	left := int64(maxUnpacked)
	for _, e := range a.entries {
		if err = e.unpack(root, &left); err != nil {
			break
		}
	}
	return errors.Join(err, root.Close())
}

// unpack writes one entry. Two entries of one path, or one that is both a file and a folder, do not unpack.
func (e *entry) unpack(root *os.Root, left *int64) error {
	parent := e.path
	if !e.file.Mode().IsDir() {
		parent = path.Dir(e.path)
	}
	if err := root.MkdirAll(filepath.FromSlash(parent), folderMode); err != nil {
		return refuseClash(err)
	}
	if e.file.Mode().IsDir() {
		return nil
	}
	mode := fileMode | e.file.Mode()&0o100
	to, err := root.OpenFile(filepath.FromSlash(e.path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return refuseClash(err)
	}
	n, err := e.copy(to, *left)
	*left -= n
	return errors.Join(err, to.Close())
}

// refuseClash tells what an archive is to blame for from what the disk is.
func refuseClash(err error) error {
	if errors.Is(err, fs.ErrExist) || strings.Contains(err.Error(), "not a directory") {
		return errNotUnpacked
	}
	return err
}

// copy writes what an entry holds, up to a limit: what an archive says of its sizes need not be true.
func (e *entry) copy(to io.Writer, limit int64) (int64, error) {
	from, err := e.file.Open()
	if err != nil {
		return 0, errNotUnpacked
	}
	defer func() { _ = from.Close() }() // was only read
	n, err := io.Copy(to, io.LimitReader(&content{from}, limit+1))
	if err == nil && n > limit {
		return n, errUnpackedTooLarge
	}
	return n, err
}

// content is what an entry holds. If it cannot be read, the archive is to blame.
type content struct{ io.Reader }

// Read implements [io.Reader].
func (c *content) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errNotUnpacked
	}
	return n, err
}

// IsIn says whether a folder has all files of the archive as they are in it.
func (a *Archive) IsIn(folder string) bool {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return false
	}
	defer func() { _ = root.Close() }() // was only read
	for _, e := range a.entries {
		if !e.file.Mode().IsDir() && !e.isIn(root) {
			return false
		}
	}
	return true
}

func (e *entry) isIn(root *os.Root) bool {
	file, err := root.Open(filepath.FromSlash(e.path))
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // was only read
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, io.LimitReader(file, maxUnpacked+1))
	return err == nil && uint64(n) == e.file.UncompressedSize64 && sum.Sum32() == e.file.CRC32 //nolint:gosec // not negative
}
