package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gangway/internal/functions"
)

// maxArchive is how large an archive of code may be: there is none that unpacks to less than it is.
const maxArchive = 256 << 20

// codeFolder is where the stack has its unpacked code, and nobody else.
func (a *App) codeFolder() string { return filepath.Join(a.cfg.Folder, "code", a.cfg.Name) }

// unpacked is the folder in which code is: the code itself if that is a folder, else what is in the archive, as it is there.
func (a *App) unpacked(code string) (string, error) {
	info, err := os.Stat(code)
	if err != nil {
		return "", fmt.Errorf("its code is not there: %w", err)
	}
	if info.IsDir() {
		return code, nil
	}
	if ext := strings.ToLower(filepath.Ext(code)); ext != ".zip" && ext != ".jar" {
		return filepath.Dir(code), nil // a single file, which the handler names
	}
	text, err := readArchive(code)
	if err != nil {
		return "", err
	}
	archive, err := functions.OpenArchive(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", code, err)
	}
	dir := filepath.Join(a.codeFolder(), archive.Sum())
	if archive.IsIn(dir) {
		return dir, nil
	}
	err = os.MkdirAll(a.codeFolder(), 0o700)
	if err == nil {
		err = archive.Unpack(dir)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", code, err)
	}
	return dir, nil
}

func readArchive(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxArchive+1))
	if err == nil && len(text) > maxArchive {
		err = fmt.Errorf("%s has more than %d bytes", path, maxArchive)
	}
	return text, err
}

// sweep takes away code that was unpacked for functions as they were before, unless it is still at work, and what was begun by runs that
// were killed.
func (a *App) sweep(used []functions.Function) error {
	found, err := os.ReadDir(a.codeFolder())
	if err != nil {
		return nil //nolint:nilerr // nothing was unpacked
	}
	var kept []string
	for i := range used {
		kept = append(append(kept, used[i].Dir), used[i].Layers...)
	}
	var errs []error
	for _, in := range found {
		dir := filepath.Join(a.codeFolder(), in.Name())
		if !slices.Contains(kept, dir) && !a.cfg.Functions.Holds(dir) {
			errs = append(errs, os.RemoveAll(dir))
		}
	}
	return errors.Join(errs...)
}
