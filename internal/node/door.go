package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// What a client may take: to send the head of a request, and to think of the next one.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 75 * time.Second
)

// door is a listener and what answers there.
type door struct {
	listener net.Listener
	server   *http.Server

	mu     sync.Mutex            // guards what follows
	silent map[net.Conn]struct{} // connections that have not asked for anything yet
	ending bool                  // those that come now need not ask
}

// listen takes an address.
func listen(ctx context.Context, name, address string) (*door, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s listener: %w", name, err)
	}
	return &door{listener: listener, silent: map[net.Conn]struct{}{}}, nil
}

// serve answers until the door is closed.
func (d *door) serve(log *slog.Logger) {
	d.server.ReadHeaderTimeout, d.server.IdleTimeout = readHeaderTimeout, idleTimeout
	d.server.ConnState = d.note
	d.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	go func() {
		if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			log.Error("listener failed", "address", d.listener.Addr().String(), "error", err)
		}
	}()
}

// close takes no more connections.
func (d *door) close() error {
	if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// note keeps track of connections that have not asked for anything yet: clients open some to have them at hand.
func (d *door) note(conn net.Conn, state http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if state == http.StateNew && d.ending {
		_ = conn.Close() // nothing was said
		return
	}
	if state == http.StateNew {
		d.silent[conn] = struct{}{}
		return
	}
	delete(d.silent, conn)
}

// hangUp closes the connections that have not asked for anything. net/http would wait five seconds for each.
func (d *door) hangUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ending = true
	for conn := range d.silent {
		_ = conn.Close() // nothing was said
	}
}

// drain waits for the requests that are being answered; when ctx ends, they are cut off.
func (d *door) drain(ctx context.Context) error {
	d.hangUp()
	if err := d.server.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return errors.Join(fmt.Errorf("drain listener: %w", err), d.server.Close())
	}
	return nil
}

func (d *door) address() netip.AddrPort {
	address, ok := d.listener.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return address.AddrPort()
}

func (d *door) port() string { return strconv.Itoa(int(d.address().Port())) }
