//go:build linux

// Package peer has the servers that the gateway is compared with and that can be built here: limit, and echo servers on known
// libraries, each written as the library's own example has it. They take messages and, where it comes naturally, pushes: a POST
// to /{n} is sent to the connection that was opened with that number, one to /all to all connections. None of them does routing,
// has limits or checks who calls; what they cost is what the library costs.
package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"sync"
)

// Options are what a peer may be told.
type Options struct {
	// Backend is the address that limit sends messages to; empty: it has none.
	Backend string
	// Chain and Key are files for TLS, which those on net/http can; empty: plain text.
	Chain, Key string
}

// Serve is a server until ctx ends; it says first where it is. "backend" is none of the peers, but what messages are sent to.
func Serve(ctx context.Context, name string, o Options, out io.Writer) error {
	switch name {
	case "limit":
		return serveLimit(ctx, o.Backend, out)
	case "backend":
		return serveBackend(ctx, out)
	case "gorilla":
		return serveHTTP(ctx, gorillaPeer(), o, out)
	case "gobwas":
		return serveHTTP(ctx, http.HandlerFunc(echoGobwas), o, out)
	case "coder":
		return serveHTTP(ctx, http.HandlerFunc(echoCoder), o, out)
	case "gws":
		return serveHTTP(ctx, gwsPeer(), o, out)
	default:
		return fmt.Errorf("there is no peer %q", name)
	}
}

// serveHTTP serves with net/http, as all these libraries do.
func serveHTTP(ctx context.Context, handler http.Handler, o Options, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: handler, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}} // no HTTP/2
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if o.Chain != "" {
		err = server.ServeTLS(listener, o.Chain, o.Key)
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil // it ends when ctx does
	}
	return err
}

// sender is a connection that a message can be pushed to.
type sender interface {
	send(data []byte) error
}

// room knows connections by the last part of the path that they were opened with.
type room struct {
	mu      sync.RWMutex
	members map[string]sender
	upgrade func(w http.ResponseWriter, r *http.Request, enter func(sender) (leave func()))
	// broadcast builds the frame once, as the library has it.
	broadcast func(members map[string]sender, data []byte) error
}

func (o *room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if r.Method != http.MethodPost {
		o.upgrade(w, r, func(s sender) func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.members[name] = s
			return func() { o.leave(name) }
		})
		return
	}
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = o.push(name, data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusGone)
	}
}

func (o *room) leave(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.members, name)
}

func (o *room) push(name string, data []byte) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if name == "all" {
		return o.broadcast(o.members, data)
	}
	s, ok := o.members[name]
	if !ok {
		return fmt.Errorf("there is no connection %s", name)
	}
	return s.send(data)
}
