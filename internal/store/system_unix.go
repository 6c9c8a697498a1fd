//go:build !windows

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// lockFile opens a file and takes an exclusive lock on it, or returns errTaken.
func lockFile(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errTaken
	}
	return nil, errors.Join(err, f.Close())
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) (err error) {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}

// checkMode refuses a path that others may use in a forbidden way, or that its owner may not use.
func checkMode(path string, forbidden, required fs.FileMode) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return denied("read", path, err)
	}
	mode := info.Mode().Perm()
	if mode&forbidden != 0 {
		return fmt.Errorf("store: %s has mode %04o, which lets others in: make it %04o: %w",
			path, mode, mode&^forbidden, fs.ErrPermission)
	}
	if mode&required != required {
		return denied("use", path, fmt.Errorf("its mode is %04o: %w", mode, fs.ErrPermission))
	}
	return nil
}
