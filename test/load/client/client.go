//go:build linux

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gangway/test/load/process"
)

// Loader is a load generator that runs.
type Loader struct {
	group   *process.Group
	orders  *json.Encoder
	reports *json.Decoder
}

// Start runs this very program as a loader; it has to call Serve when it is given the arguments. Like a server, it says a line first.
func Start(ctx context.Context, guard *process.Guard, arguments ...string) (*Loader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	group, err := guard.Start(ctx, process.Command{Path: self, Args: arguments})
	if err != nil {
		return nil, fmt.Errorf("loader: %w", err)
	}
	return &Loader{group, json.NewEncoder(group.Stdin), json.NewDecoder(group.Stdout)}, nil
}

// Stop ends the loader and its connections.
func (l *Loader) Stop() { l.group.Stop() }

// Memory is the user memory of the loader.
func (l *Loader) Memory() (int, error) { return l.group.Memory() }

// Do has an order done. What the loader found wrong is an error.
func (l *Loader) Do(ctx context.Context, order *Order) (*Report, error) {
	stop := context.AfterFunc(ctx, l.group.Stop)
	defer stop()
	var report Report
	if err := errors.Join(l.orders.Encode(order), l.reports.Decode(&report)); err != nil {
		return nil, fmt.Errorf("loader: %w", errors.Join(ctx.Err(), err))
	}
	if report.Error != "" {
		return &report, fmt.Errorf("%s: %s", order.Do, report.Error)
	}
	return &report, nil
}
