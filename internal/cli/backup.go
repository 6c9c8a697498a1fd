package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gangway/internal/store"
)

// standardStream is the file name that means standard input or output.
const standardStream = "-"

type backupCommand struct {
	dataSettings

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
	_, err = fmt.Fprintf(s.Stderr, "%d records of %s\n", summary.Revision+1, dir)
	return err
}

// write leaves no file behind that is not a whole backup.
func (c *backupCommand) write(ctx context.Context, dir string, s *Streams) (summary store.Summary, err error) {
	if c.File == standardStream {
		return store.Backup(ctx, dir, s.Stdout)
	}
	// Definitions hold secrets, such as the key that seals connection ids.
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
		return s.printf("%d changes, all as they were written\n", summary.Revision+1)
	}
	return s.printf("%d changes restored to %s. A backup holds no access key: the first start there makes a new one.\n",
		summary.Revision+1, dir)
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
