package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"gangway/internal/functions"
)

// A shelf is the folder on which functions are kept. One write at a time.
type shelf struct {
	dir  string
	room func(bytes uint64) bool
	seal seal
}

const (
	definitionFile = "function.json"
	// unfinished is a file in the folder of a function that is being made or taken away: such a folder may go.
	unfinishedFile = ".unfinished"
	// unfinished is how the names begin of what is being written.
	unfinished = ".new-*"
)

// Modes of files that nobody but the node's user has to do with.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// folder is that of one function.
func (s *shelf) folder(name string) string { return filepath.Join(s.dir, name) }

// code is the folder of unpacked code with a sum, and built the one for what is built from it.
func (s *shelf) code(name, sum string) string  { return filepath.Join(s.dir, name, sum) }
func (s *shelf) built(name, sum string) string { return s.code(name, sum) + ".built" }

// load reads all functions, and takes away what was begun and not finished. Of those that are damaged it says why; they stay as they are.
func (s *shelf) load() (all map[string]*function, damaged map[string]error, err error) {
	if err := os.MkdirAll(s.dir, folderMode); err != nil {
		return nil, nil, err
	}
	found, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, nil, err
	}
	all, damaged = map[string]*function{}, map[string]error{}
	for _, in := range found {
		name := in.Name()
		if !in.IsDir() || strings.HasPrefix(name, ".") || s.abandoned(name) {
			continue
		}
		if all[name], err = s.read(name); err != nil {
			damaged[name] = err
			delete(all, name)
		}
	}
	return all, damaged, nil
}

// abandoned takes a function away whose making or end was not finished, and says whether it was one.
func (s *shelf) abandoned(name string) bool {
	if _, err := os.Stat(filepath.Join(s.folder(name), definitionFile)); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if _, err := os.Stat(filepath.Join(s.folder(name), unfinishedFile)); err != nil {
		return os.Remove(s.folder(name)) == nil // one that is empty
	}
	return os.RemoveAll(s.folder(name)) == nil
}

// read reads one function.
func (s *shelf) read(name string) (*function, error) {
	place := filepath.Join(s.folder(name), definitionFile)
	text, err := os.ReadFile(place)
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	f := new(function)
	if err := json.Unmarshal(text, f); err != nil || f.Name != name || !isSum(f.Sum) {
		return nil, fmt.Errorf("%s is damaged: it is not the definition of a function %s", place, name)
	}
	plain := f.Settings.Environment != nil
	if err := s.seal.open(f); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if err := s.mend(f); err != nil {
		return nil, err
	}
	if plain && s.seal.aead != nil { // it was written before there was a key
		if err := s.put(f); err != nil {
			return nil, err
		}
	}
	return f, s.sweep(f, func(string) bool { return false })
}

func isSum(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}

// mend makes sure that the unpacked code of a function is what was uploaded.
func (s *shelf) mend(f *function) error {
	place := s.code(f.Name, f.Sum) + ".zip"
	text, err := os.ReadFile(place)
	if err != nil {
		return fmt.Errorf("code of function %s: %w", f.Name, errors.Join(errDamaged, err))
	}
	a, err := openArchive(text)
	if err != nil || a.Sum() != f.Sum {
		return fmt.Errorf("%s: %w", place, errDamaged)
	}
	if a.IsIn(s.code(f.Name, f.Sum)) {
		return nil
	}
	return a.Unpack(s.code(f.Name, f.Sum))
}

var errDamaged = errors.New("damaged: this is not what was uploaded")

// begin makes the folder of a function that is to be there.
func (s *shelf) begin(name string) error {
	if err := os.MkdirAll(s.folder(name), folderMode); err != nil {
		return full(err)
	}
	if err := os.WriteFile(filepath.Join(s.folder(name), unfinishedFile), nil, fileMode); err != nil {
		return full(err)
	}
	return syncFolder(s.dir)
}

// keep puts code on the shelf: on disk as it came, and unpacked. If it cannot, nothing of it stays.
func (s *shelf) keep(name string, a *functions.Archive) (sum string, err error) {
	sum = a.Sum()
	place := s.code(name, sum)
	size, fresh := uint64(len(a.Text())), !a.IsIn(place) // where it is, it may be at work
	if fresh {
		size += a.Size()
	}
	if !s.room(size) {
		return "", errFull
	}
	if fresh {
		err = a.Unpack(place)
	}
	if err == nil {
		err = s.write(name, sum+".zip", a.Text())
	}
	if err != nil && fresh {
		err = errors.Join(full(err), os.RemoveAll(place))
	}
	return sum, err
}

// errFull is said of code for which there is no room, as by Lambda when an account has none.
var errFull = faultf(http.StatusBadRequest, "CodeStorageExceededException", "There is no space left for the code on the disk of the gateway.")

// full tells a caller of a full disk; all else is ours.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errors.Join(errFull, err)
	}
	return err
}

// put replaces the definition of a function.
func (s *shelf) put(f *function) error {
	text, err := s.seal.marshal(f)
	if err == nil {
		err = s.write(f.Name, definitionFile, append(text, '\n'))
	}
	if err == nil {
		_ = os.Remove(filepath.Join(s.folder(f.Name), unfinishedFile)) // it is not there, or does not matter any more
	}
	return full(err)
}

// write writes a file of a function: whole or not at all, and on disk when it returns.
func (s *shelf) write(name, file string, text []byte) error {
	fresh, err := os.CreateTemp(s.folder(name), unfinished)
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(text).WriteTo(fresh)
	err = errors.Join(err, fresh.Sync(), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), filepath.Join(s.folder(name), file))
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return syncFolder(s.folder(name))
}

// syncFolder has the names in a folder be on disk. Windows has no such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// sweep takes away the code of a function but its own, and but that in folders that are held.
func (s *shelf) sweep(f *function, held func(dir string) bool) error {
	found, err := os.ReadDir(s.folder(f.Name))
	if err != nil {
		return err
	}
	kept := []string{definitionFile, f.Sum, f.Sum + ".zip", filepath.Base(s.built(f.Name, f.Sum))}
	for _, in := range found {
		sum, _, _ := strings.Cut(in.Name(), ".")
		if !slices.Contains(kept, in.Name()) && (sum == "" || !held(s.code(f.Name, sum))) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.folder(f.Name), in.Name())))
		}
	}
	return err
}

// drop takes a function away. Once its definition is gone it is gone; what is left of the code is taken away by the next start.
func (s *shelf) drop(name string) error {
	folder := s.folder(name)
	err := os.Rename(filepath.Join(folder, definitionFile), filepath.Join(folder, unfinishedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	_ = os.RemoveAll(folder) // see above
	return nil
}

// setAside gives the folder of a function a name that is no function's.
func (s *shelf) setAside(name string, now time.Time) error {
	return os.Rename(s.folder(name), filepath.Join(s.dir, ".damaged-"+name+"-"+now.UTC().Format("20060102T150405.000000000")))
}
