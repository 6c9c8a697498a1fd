package registry

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What code may be: "Lambda quotas" in the developer guide; the number of entries is ours.
const (
	maxArchive  = 50 << 20
	maxUnpacked = 250 << 20
	maxEntries  = 100_000
	maxPath     = 1024
)

// Modes of files that nobody but the node's user has to do with.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

var errNotUnpacked = invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")

// An archive is the code of a function as it is uploaded, every entry of which has been found harmless.
type archive struct {
	bytes   []byte
	entries []entry
}

// An entry is a file or a folder of an archive, by its path below the folder that it is unpacked to.
type entry struct {
	path string
	file *zip.File
}

// openArchive reads what an archive says it holds, before anything is unpacked.
func openArchive(text []byte) (*archive, error) {
	switch {
	case len(text) == 0:
		return nil, invalid("Uploaded file must be a non-empty zip")
	case len(text) > maxArchive:
		return nil, tooLarge("The archive", maxArchive)
	case bytes.Count(text, []byte("PK\x01\x02")) > maxEntries: // before a list of them is made
		return nil, invalid("An archive may have at most %d entries", maxEntries)
	}
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, errNotUnpacked
	}
	a := &archive{bytes: text}
	var size uint64
	for _, file := range r.File {
		place, err := placeOf(file)
		if err != nil {
			return nil, err
		}
		if size += min(file.UncompressedSize64, math.MaxUint32); size > maxUnpacked {
			return nil, errUnpackedTooLarge
		}
		a.entries = append(a.entries, entry{place, file})
	}
	if len(a.entries) == 0 {
		return nil, invalid("Uploaded file must be a non-empty zip")
	}
	return a, nil
}

var errUnpackedTooLarge = invalid("Unzipped size must be smaller than %d bytes", maxUnpacked)

// placeOf is where an entry is unpacked to, or why it is not. A link would let another entry, or the function, be led elsewhere.
func placeOf(file *zip.File) (string, error) {
	place := path.Clean(file.Name)
	switch mode := file.Mode(); {
	case !filepath.IsLocal(filepath.FromSlash(place)), strings.ContainsAny(file.Name, "\\\x00"), len(file.Name) > maxPath:
		return "", invalid("The archive has an entry whose path leads out of it or cannot be used: %.100q", file.Name)
	case mode&fs.ModeSymlink != 0:
		return "", invalid("The archive has a symbolic link, %.100q: put what it leads to in its place", file.Name)
	case !mode.IsDir() && !mode.IsRegular():
		return "", invalid("The archive has an entry that is neither a file nor a folder: %.100q", file.Name)
	case file.Flags&1 != 0: // APPNOTE.TXT 4.4.4, bit 0
		return "", invalid("The archive has an encrypted entry: %.100q", file.Name)
	}
	return place, nil
}

// unpack writes all entries below a folder that is there. The folder is not left whatever the entries are called.
func (a *archive) unpack(folder string) error {
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

// isIn says whether a folder has all files of the archive as they are in it.
func (a *archive) isIn(folder string) bool {
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
