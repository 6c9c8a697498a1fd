package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gangway/internal/store"
)

// standardStream is the file name that means standard input or output.
const standardStream = "-"

type backupCommand struct {
	folderSettings

	File string `arg:"" help:"File to write, which must not exist; - for standard output."`
}

// Run writes a backup and says on standard error what it holds.
func (c *backupCommand) Run(ctx context.Context, s *Streams) error {
	dir, err := c.dir(s)
	if err != nil {
		return err
	}
	summary, err := c.write(ctx, dir, s)
	if err != nil {
		return err
	}
	s.note("%d changes of %s. The secrets in it are sealed with the key in %s: keep a copy of that file, too.",
		summary.Revision, dir, cmp.Or(s.env("GANGWAY_KEY_FILE"), filepath.Join(dir, keyFile)))
	return nil
}

// keyFile is what a node's key file is called unless it is told otherwise.
const keyFile = "secret.key"

// write leaves no file behind that is not a whole backup.
func (c *backupCommand) write(ctx context.Context, dir string, s *Streams) (summary store.Summary, err error) {
	if c.File == standardStream {
		return store.Backup(ctx, dir, s.Stdout)
	}
	// Definitions hold secrets: sealed, but nobody else's business.
	file, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return summary, fmt.Errorf("backup: %w", err)
	}
	summary, err = store.Backup(ctx, dir, file)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(c.File))
	}
	return summary, err
}

type restoreCommand struct {
	dataSettings

	File  string `arg:"" help:"Backup to read; - for standard input."`
	Check bool   `help:"Verify the backup, and restore nothing."`
}

// Run makes a data folder of a backup and says what is in it.
func (c *restoreCommand) Run(ctx context.Context, s *Streams) error {
	dir, err := c.dir(s)
	if err != nil {
		return err
	}
	summary, err := c.read(ctx, dir, s)
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%w; choose an empty folder with --data", err)
	}
	if err != nil {
		return err
	}
	if c.Check {
		return s.printf("%d changes, all as they were written\n", summary.Revision)
	}
	return s.printf(`%d changes restored to %s.
A backup holds no key. Before the first start, copy the key file of the node it was taken from to
%s, or the secrets in it cannot be opened. The access key is made anew.
`, summary.Revision, dir, filepath.Join(dir, keyFile))
}

func (c *restoreCommand) read(ctx context.Context, dir string, s *Streams) (store.Summary, error) {
	restore := func(backup io.Reader) (store.Summary, error) { return store.Restore(ctx, dir, backup) }
	if c.Check {
		restore = store.Verify
	}
	if c.File == standardStream {
		return restore(s.Stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return store.Summary{}, fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	return restore(file)
}
