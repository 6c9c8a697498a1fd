package certificates

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxFile is more than any chain of certificates needs.
const maxFile = 1 << 20

// readFile reads a file of certificates.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: that of a named pipe would not return
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file: %w", path, fs.ErrInvalid)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if len(content) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes: %w", path, maxFile, fs.ErrInvalid)
	}
	return content, err
}

// readSecret reads a file with a private key. One that others than its owner can read is refused.
func readSecret(path string) ([]byte, error) {
	if err := checkMode(path, 0o600); err != nil {
		return nil, err
	}
	return readFile(path)
}

// checkMode refuses what is open to more than the owner. Windows has access lists in place of modes.
func checkMode(path string, want fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("%s is open to others (mode %04o), run chmod %o on it: %w", path, mode, want, fs.ErrPermission)
	}
	return nil
}

// place makes a file, durably and at once: a crash leaves all of it or nothing. It never replaces one: if there is one by
// then, it returns [fs.ErrExist].
func place(path string, content []byte, mode fs.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err = os.Link(file.Name(), path); err != nil {
		return err
	}
	return syncNames(filepath.Dir(path))
}

// syncNames makes the names in a folder durable. Windows has no counterpart, and needs none.
func syncNames(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	names, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(names.Sync(), names.Close())
}
