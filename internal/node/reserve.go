package node

import (
	"net"
	"os"
	"sync"
	"time"
)

// reservePause is how long no connection is taken once descriptors are few.
const reservePause = 50 * time.Millisecond

// reserving is a listener that leaves some descriptors of the process to others, as those of event loops do: who connects when
// there are no more than that waits.
type reserving struct {
	net.Listener

	most   int // descriptors below are ours to take
	closed chan struct{}
	once   sync.Once
}

// reserveFrom has a listener leave some of so many descriptors.
func reserveFrom(limit int, l net.Listener) *reserving {
	return &reserving{Listener: l, most: limit - min(reserve, limit/4), closed: make(chan struct{})}
}

// Accept implements [net.Listener].
func (r *reserving) Accept() (net.Conn, error) {
	for !r.room() {
		select {
		case <-r.closed:
			return nil, net.ErrClosed
		case <-time.After(reservePause):
		}
	}
	return r.Listener.Accept()
}

// room tries whether the lowest descriptor that is free is ours to take.
func (r *reserving) room() bool {
	file, err := os.Open(os.DevNull)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // nothing was written
	return int(file.Fd()) < r.most
}

// Close implements [net.Listener].
func (r *reserving) Close() error {
	r.once.Do(func() { close(r.closed) })
	return r.Listener.Close()
}
