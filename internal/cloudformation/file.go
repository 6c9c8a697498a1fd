package cloudformation

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads what a template or its like names: a regular file of at most so many bytes. A device never ends, and a pipe
// may never begin.
func ReadFile(path string, most int) ([]byte, error) {
	// It is asked before it is opened, because to open a pipe waits for who writes to it.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	// What is regular may say that it is empty and have no end, as some of /proc do.
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(text) > most {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is longer than %d bytes", most)}
	}
	return text, nil
}
