package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"gangway/internal/local"
	"gangway/internal/node"
	"gangway/internal/stack"
)

type downCommand struct {
	appSettings
}

// Run takes away what was made for an app, by a node that is started for that.
func (c *downCommand) Run(ctx context.Context, s *Streams) (err error) {
	source, err := local.Find(c.Path, c.Name)
	if err != nil {
		return usage(err)
	}
	c.place(s, &source)
	dir := c.data(&source)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return s.printf("nothing was made: there is no folder %s\n", dir)
	}
	p, stop, err := c.reach(ctx, dir)
	if err != nil {
		return fmt.Errorf("down: %w", err)
	}
	defer func() { err = errors.Join(err, stop()) }()
	app, err := c.open(s, source, dir, p, nil)
	if err != nil {
		return err
	}
	screen, removed := newScreen(s), 0
	err = app.Remove(ctx, func(change stack.Change) {
		removed++
		screen.removed(&change)
	})
	if err == nil {
		err = forget(filepath.Join(dir, portsFile))
	}
	if err == nil && removed == 0 {
		return s.printf("nothing was made for %s\n", app.Name())
	}
	return err
}

// forget removes a file, if it is there.
func forget(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// reach starts a node on a folder, which is stopped again. An app that is up would not know what has become of it.
func (c *downCommand) reach(ctx context.Context, dir string) (*plane, func() error, error) {
	key, err := node.ReadCredentials(dir)
	if err != nil {
		return nil, nil, err
	}
	if running, err := node.FindRunning(dir); err == nil {
		return nil, nil, fmt.Errorf("the app is up (process %d): stop it first", running.PID)
	}
	started, err := node.Start(ctx, node.Config{
		DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Region: c.Region, Account: account, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	stop := func() error { return started.Shutdown(context.WithoutCancel(ctx)) }
	return &plane{url: started.AdminURL(), region: c.Region, key: key, dir: dir}, stop, nil
}

// data is the data folder of an app.
func (c *appSettings) data(source *local.Source) string {
	if c.Data != "" {
		if dir, err := filepath.Abs(c.Data); err == nil {
			return dir
		}
	}
	return filepath.Join(source.Folder(), ".gangway")
}
