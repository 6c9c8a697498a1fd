package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// A shelf is the folder on which functions are kept. One write at a time.
type shelf struct{ dir string }

const definitionFile = "function.json"

// folder is that of one function.
func (s *shelf) folder(name string) string { return filepath.Join(s.dir, name) }

// code is the folder of unpacked code with a sum.
func (s *shelf) code(name, sum string) string { return filepath.Join(s.dir, name, sum) }

// load reads all functions, and takes away what was begun and not finished.
func (s *shelf) load() (map[string]*function, error) {
	if err := os.MkdirAll(s.dir, folderMode); err != nil {
		return nil, err
	}
	found, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	all := map[string]*function{}
	for _, in := range found {
		if !in.IsDir() {
			continue
		}
		f, err := s.read(in.Name())
		if errors.Is(err, fs.ErrNotExist) {
			err = os.RemoveAll(s.folder(in.Name()))
		}
		if err != nil {
			return nil, err
		}
		if f != nil {
			all[f.Name] = f
		}
	}
	return all, nil
}

// read reads one function; [fs.ErrNotExist]: its definition was never written, or is gone.
func (s *shelf) read(name string) (*function, error) {
	place := filepath.Join(s.folder(name), definitionFile)
	text, err := os.ReadFile(place)
	if err != nil {
		return nil, err
	}
	f := new(function)
	if err := json.Unmarshal(text, f); err != nil || f.Name != name || !isSum(f.Sum) {
		return nil, fmt.Errorf("%s is damaged: it is not the definition of a function %s", place, name)
	}
	if err := s.mend(f); err != nil {
		return nil, err
	}
	return f, s.sweep(name, f.Sum)
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
	if err != nil || sumOf(text) != f.Sum {
		return fmt.Errorf("%s: %w", place, errDamaged)
	}
	if a.isIn(s.code(f.Name, f.Sum)) {
		return nil
	}
	return s.unpack(f.Name, a)
}

var errDamaged = errors.New("damaged: this is not what was uploaded")

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// keep puts code on the shelf: on disk as it came, and unpacked.
func (s *shelf) keep(name string, a *archive) (sum string, err error) {
	if err := os.MkdirAll(s.folder(name), folderMode); err != nil {
		return "", err
	}
	if err := syncFolder(s.dir); err != nil {
		return "", err
	}
	sum = sumOf(a.bytes)
	if !a.isIn(s.code(name, sum)) { // where it is, it may be at work
		if err := s.unpack(name, a); err != nil {
			return "", err
		}
	}
	return sum, s.write(name, sum+".zip", a.bytes)
}

// unpack puts unpacked code in its place as a whole, instead of what may be there.
func (s *shelf) unpack(name string, a *archive) error {
	to := s.code(name, sumOf(a.bytes))
	fresh, err := os.MkdirTemp(s.folder(name), unfinished)
	if err != nil {
		return err
	}
	err = a.unpack(fresh)
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

// unfinished is how the names begin of what is being written.
const unfinished = ".new-*"

// put replaces the definition of a function.
func (s *shelf) put(f *function) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return s.write(f.Name, definitionFile, append(text, '\n'))
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

// sweep takes away the code of a function but that with these sums.
func (s *shelf) sweep(name string, sums ...string) error {
	found, err := os.ReadDir(s.folder(name))
	if err != nil {
		return err
	}
	kept := []string{definitionFile}
	for _, sum := range sums {
		kept = append(kept, sum, sum+".zip")
	}
	for _, in := range found {
		if !slices.Contains(kept, in.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.folder(name), in.Name())))
		}
	}
	return err
}

// drop takes a function away. Once its definition is gone it is gone; what is left of the code is taken away by the next start.
func (s *shelf) drop(name string) error {
	err := os.Remove(filepath.Join(s.folder(name), definitionFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := syncFolder(s.folder(name)); err != nil {
			return err
		}
	}
	_ = os.RemoveAll(s.folder(name)) // see above
	return nil
}
