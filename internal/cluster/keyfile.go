package cluster

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// keyFileName is the key file of a folder whose Config names no other.
const keyFileName = "secret.key"

// keySize is that of AES-256.
const keySize = 32

// keyPath is where the key file of a configuration is.
func (cfg Config) keyPath() (string, error) {
	path := cfg.KeyFile
	if path == "" {
		path = filepath.Join(cfg.Dir, keyFileName)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return path, nil
}

// readKey reads a key file: 32 bytes in base64, as `openssl rand -base64 32` makes them. A file that others than its owner
// can read is refused.
func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: that of a named pipe would not return
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file: %s is not a file: %w", path, fs.ErrInvalid)
	}
	// Windows has access lists in place of modes, and a file takes on its folder's.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("key file: %s can be read by others (mode %04o), run chmod 600 on it: %w", path, mode, fs.ErrPermission)
	}
	text, err := readStart(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keySize {
		// What is wrong with it is not said: that would be said of a secret.
		return nil, fmt.Errorf("%w: %s does not hold %d bytes in base64", ErrKey, path, keySize)
	}
	return key, nil
}

// readStart reads as much of a file as a key file can have, and a little more.
func readStart(path string) (text string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	content, err := io.ReadAll(io.LimitReader(file, 256))
	return string(content), err
}

// makeKey makes a key file, durably, where there is none. It never replaces one: if there is one by then, it returns
// [fs.ErrExist].
func makeKey(path string) error {
	if err := placeKey(path); err != nil {
		return fmt.Errorf("key file: cannot make %s: %w", path, err)
	}
	return nil
}

// placeKey writes the file under another name and gives it its own when all of it is on the disk, so that a crash leaves a
// whole key or none.
func placeKey(path string) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "."+keyFileName+"-*") // mode 0600
	if err != nil {
		return err
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Link(file.Name(), path)
	}
	return errors.Join(err, os.Remove(file.Name()), syncDir(dir))
}

// syncDir makes the names in a folder durable. Windows has no counterpart, and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
