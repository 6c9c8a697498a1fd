package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// profileFile is a shared credentials file that a profile is to be written to.
type profileFile struct {
	path   string   // links followed
	staged *os.File // what is to take its place
}

// openProfileFile makes sure, before there is a key to be lost, that one can be written: a section of that name is at most once in
// the file, and another file can be made beside it.
func openProfileFile(path, name string) (*profileFile, error) {
	path, err := followLinks(path)
	if err != nil {
		return nil, err
	}
	f := &profileFile{path: path}
	text, err := f.read()
	if err != nil {
		return nil, err
	}
	if _, err := (&profile{name: name}).into(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.staged, err = os.CreateTemp(filepath.Dir(path), ".credentials-*") // mode 0600
	return f, err
}

// followLinks is where a path leads, if need be to a file that is not there yet. The folder is made, as the AWS CLI makes it.
func followLinks(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	const most = 40 // as Linux has it
	for range most {
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		switch link, _ := os.Readlink(path); { // an error says that it is no link
		case link == "":
			return path, nil
		case filepath.IsAbs(link):
			path = link
		default:
			path = filepath.Join(dir, link)
		}
	}
	return "", fmt.Errorf("%s: too many links", path)
}

// read is the text of the file; none if there is no file yet.
func (f *profileFile) read() (string, error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file", f.path)
	}
	text, err := os.ReadFile(f.path)
	return string(text), err
}

// write puts a profile into the file, whole or not at all. The file is read again: making the key took a while.
func (f *profileFile) write(p *profile) error {
	text, err := f.read()
	if err != nil {
		return err
	}
	if text, err = p.into(text); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	_, err = f.staged.WriteString(text)
	if err = errors.Join(err, f.staged.Sync(), f.staged.Close()); err != nil {
		return err
	}
	return os.Rename(f.staged.Name(), f.path)
}

// discard removes what was not needed.
func (f *profileFile) discard() {
	_ = f.staged.Close()           // it may be closed
	_ = os.Remove(f.staged.Name()) // it may have become the file
}
