package dial

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// tick is how long a call may go on before the end of its context is waited for, and so what it may take until a call that
// has just begun is found to be canceled. Most are over by then, and have cost no more than a look at the clock: an
// [context.AfterFunc] for each, with what it allocates, costs more than all else that is done here for a call but its system
// calls. A deadline of the context is kept to the moment.
const tick = 100 * time.Millisecond

// past is a deadline that is over.
var past = time.Unix(1, 0)

// A wire is a connection whose reads and writes end with the call that they are for, also under TLS, which takes a read that was
// given up for a time for the end.
type wire struct {
	net.Conn

	ctx   context.Context //nolint:containedctx // of the call, between begin and end
	until time.Time       // the deadline that is set, if any
	wrote bool            // a byte, in this call
	deaf  bool            // nothing is read from below: for TLS to show what it has

	mu   sync.Mutex
	over bool        // guarded by mu: there is no call
	stop func() bool // guarded by mu: the end of ctx is waited for; nil: it is not
}

// begin begins a call.
func (w *wire) begin(ctx context.Context, now time.Time) {
	w.ctx, w.wrote = ctx, false
	w.mu.Lock()
	w.over = false
	w.mu.Unlock()
	soon := now.Add(tick)
	if end, ok := ctx.Deadline(); ok && end.Before(soon) {
		soon = end
	}
	// What was set for an earlier call will do for this one if it is neither too late nor over at once.
	if w.until.After(soon) || w.until.Sub(now) < min(tick/4, soon.Sub(now)) {
		w.until = soon
		_ = w.SetDeadline(soon) // fails for a connection that is closed: so does what follows
	}
}

// end ends a call, if that has not been done, and says whether there may be another one.
func (w *wire) end() (clean bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return false
	}
	w.over = true
	stop := w.stop
	w.stop = nil
	return stop == nil || stop()
}

// watch has the end of the context end what is read and written from now on. It does so once in a call.
func (w *wire) watch() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.stop != nil {
		return false
	}
	w.until = time.Time{}
	_ = w.SetDeadline(time.Time{})
	w.stop = context.AfterFunc(w.ctx, func() { _ = w.SetDeadline(past) })
	return true
}

// early says that only a tick is over, and not the call.
func (w *wire) early(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && w.ctx != nil && w.watch()
}

// Read implements [net.Conn].
func (w *wire) Read(p []byte) (int, error) {
	if w.deaf {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := w.Conn.Read(p)
	if err != nil && n == 0 && w.early(err) {
		return w.Conn.Read(p)
	}
	return n, err
}

// Write implements [net.Conn].
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if err != nil && w.early(err) {
		var more int
		more, err = w.Conn.Write(p[n:])
		n += more
	}
	w.wrote = w.wrote || n > 0
	return n, err
}
