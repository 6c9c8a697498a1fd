package local

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Limits of an archive of code: "Lambda quotas" in the AWS Lambda developer guide, deployment package, unzipped.
const (
	maxUnpacked = 250 << 20
	maxFiles    = 50_000
)

// unpacked is the folder in which code is: the code itself if that is a folder, else what is in the archive.
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
	sum, err := digest(code)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(a.cfg.Folder, "code", sum)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	begun, err := os.MkdirTemp(a.cfg.Folder, "unpacking-")
	if err != nil {
		return "", err
	}
	err = unzip(code, begun)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(dir), 0o700)
	}
	if err == nil {
		err = os.Rename(begun, dir)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", code, err), os.RemoveAll(begun))
	}
	return dir, nil
}

// digest names a file after what is in it.
func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// unzip unpacks an archive. A name that leads out of the folder is refused, and so is one that is no file's.
func unzip(path, to string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }() // it was only read
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if len(archive.File) > maxFiles {
		return fmt.Errorf("%d files are more than %d", len(archive.File), maxFiles)
	}
	left := int64(maxUnpacked)
	for _, f := range archive.File {
		n, err := extract(root, f, left)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		left -= n
	}
	return nil
}

// extract writes one file of an archive, of at most so many bytes.
func extract(root *os.Root, f *zip.File, most int64) (int64, error) {
	name := filepath.FromSlash(strings.TrimSuffix(f.Name, "/"))
	if !filepath.IsLocal(name) {
		return 0, errors.New("the name leads out of the archive")
	}
	if f.FileInfo().IsDir() {
		return 0, root.MkdirAll(name, 0o700)
	}
	if !f.Mode().IsRegular() {
		return 0, nil // of links there is no need, and where they lead nobody knows
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return 0, err
	}
	from, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = from.Close() }() // it was only read
	out, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600|f.Mode().Perm()&0o100)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(from, most+1))
	if n > most {
		err = fmt.Errorf("the archive holds more than %d bytes", maxUnpacked)
	}
	return n, errors.Join(err, out.Close())
}
