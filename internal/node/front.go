package node

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"gangway/internal/http1"
	"gangway/internal/loop"
	"gangway/internal/management"
)

// What a client may take: to send the head of a request, and to think of the next one.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 75 * time.Second
)

// maxHead is how long the head of a request may be: "Amazon API Gateway important notes" in the developer guide.
const maxHead = 10240

// maxRequests is how many requests are answered at a time: more than a process has descriptors for, so that nobody who sends a
// part of a request and waits takes the place of others.
const maxRequests = 1 << 20

// openLoops starts the event loops that carry the connections of clients; nil: there are none, and goroutines do it.
func openLoops(portable bool) (*loop.Loops, error) {
	if portable {
		return nil, nil
	}
	loops, err := loop.New(0)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("event loops: %w", err)
	}
	return loops, nil
}

// closeLoops ends the event loops, once nothing travels by them.
func (n *Node) closeLoops() {
	if n.loops != nil {
		n.loops.Close()
	}
}

// front is what answers on the data listener.
func (n *Node) front(handler http.Handler) *http1.Server {
	server := &http1.Server{
		Handler: handler, MaxHead: maxHead, MaxRequests: maxRequests, HeadTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, Loops: n.loops, Log: n.cfg.Log,
		Prompt: management.Addressed, // who tells where it waits
	}
	if n.tls != nil {
		server.TLS = n.tls.TLSConfig()
		server.TLSFailed = func(err error) { n.cfg.Log.Debug("TLS handshake failed", "error", err) }
	}
	return server
}
