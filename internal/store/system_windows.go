package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// lockFile opens a file that nobody else may open for writing until it is closed, or returns errTaken.
func lockFile(file string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, errTaken
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), file), nil
}

// syncDir has no counterpart: NTFS journals its names.
func syncDir(string) error { return nil }

// checkMode has no counterpart: access lists are inherited from the folder.
func checkMode(string, fs.FileMode, fs.FileMode) error { return nil }
