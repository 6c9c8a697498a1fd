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
)

// door is a listener and what answers there.
type door struct {
	listener net.Listener
	server   server
}

// server is what answers on a listener: [http.Server] and [http1.Server] do.
type server interface {
	Serve(l net.Listener) error
	Shutdown(ctx context.Context) error
	Close() error
}

// listen takes an address.
func listen(ctx context.Context, name, address string) (*door, error) {
	// Go would have the kernel probe each connection every 15 s, those of many clients that have come at a time all at once: so
	// many that some are lost. WebSocket connections are pinged, and others do not live long.
	config := net.ListenConfig{KeepAlive: -1}
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s listener: %w", name, err)
	}
	return &door{listener: listener}, nil
}

// serve answers until the door is closed.
func (d *door) serve(log *slog.Logger) {
	go func() {
		if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			log.Error("listener failed", "address", d.listener.Addr().String(), "error", err)
		}
	}()
}

// close takes no more connections.
func (d *door) close() error {
	if stopping, ok := d.server.(interface{ StopAccepting() }); ok {
		stopping.StopAccepting()
	}
	if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// drain waits for the requests that are being answered; when ctx ends, they are cut off.
func (d *door) drain(ctx context.Context) error {
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

// prompt is a server of net/http that does not wait, when it is shut down, for clients that have asked for nothing: they open
// connections to have them at hand, and net/http would give each of them five seconds.
type prompt struct {
	*http.Server

	mu     sync.Mutex            // guards what follows
	silent map[net.Conn]struct{} // connections that have not asked for anything yet
	ending bool                  // those that come now need not ask
}

func newPrompt(handler http.Handler, log *slog.Logger) *prompt {
	p := &prompt{silent: map[net.Conn]struct{}{}}
	p.Server = &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, ConnState: p.note,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return p
}

// note keeps track of connections that have not asked for anything yet.
func (p *prompt) note(conn net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if state == http.StateNew && p.ending {
		_ = conn.Close() // nothing was said
		return
	}
	if state == http.StateNew {
		p.silent[conn] = struct{}{}
		return
	}
	delete(p.silent, conn)
}

// Shutdown implements server.
func (p *prompt) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.ending = true
	for conn := range p.silent {
		_ = conn.Close() // nothing was said
	}
	p.mu.Unlock()
	return p.Server.Shutdown(ctx)
}
