package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errTaken is what lockFile returns if another process holds the lock.
var errTaken = errors.New("taken")

// lockDir takes the folder for this process. The lock goes with the process, however that ends; closing the file gives it
// back. Returns ErrLocked.
func lockDir(dir string) (*os.File, error) {
	file := filepath.Join(dir, lockName)
	f, err := lockFile(file)
	if errors.Is(err, errTaken) {
		return nil, fmt.Errorf("store: %s: %w: another gangway (%s)", dir, ErrLocked, owner(file))
	}
	if err != nil {
		return nil, denied("lock", file, err)
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(denied("write", file, err), f.Close())
	}
	return f, nil
}

// Taken says whether a process has the folder open.
func Taken(dir string) bool {
	file := filepath.Join(dir, lockName)
	if _, err := os.Stat(file); err != nil {
		return false
	}
	f, err := lockFile(file)
	if err != nil {
		return errors.Is(err, errTaken)
	}
	_ = f.Close() // which gives it back
	return false
}

// sign leaves the process id for those who find the folder locked.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func owner(file string) string {
	b, err := os.ReadFile(file)
	pid, convErr := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || convErr != nil {
		return "pid unknown"
	}
	return fmt.Sprintf("pid %d", pid)
}
