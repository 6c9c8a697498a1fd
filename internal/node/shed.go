package node

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/http1"
	"gangway/internal/loop"
)

const (
	// reserve is how many descriptors nobody who connects to the data listener is given: files, the admin listener and calls
	// of backends have them. The event loops leave as many.
	reserve = 64
	// threshold is how many descriptors are for those who have connected and said nothing yet, and for backends who push.
	threshold = 64
	// retryWithin is how many seconds, at most, a client is asked to wait before it tries again: each another time.
	retryWithin = 10
)

// shed refuses clients while there is no room for more of them, and everybody when memory comes to its end.
func (n *Node) shed(next http.Handler) http.Handler {
	most := clientsWithin(loop.Descriptors())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case n.memory.is(full):
		case len(r.Header["Upgrade"]) == 0, !n.memory.is(crowded) && n.clients.Open() < most:
			next.ServeHTTP(w, r)
			return
		}
		n.metrics.Refused(gateway.StageKey{}, http.StatusServiceUnavailable)
		hangUp(w)
	})
}

// clientsWithin is how many clients there may be with so many descriptors.
func clientsWithin(limit int) int { return limit - min(reserve, limit/4) - min(threshold, limit/4) }

// hangUp refuses somebody, and does not wait until he has read why, as usual: he may be one of very many, and others wait for
// his place.
func hangUp(w http.ResponseWriter) {
	status, body := edge.Refusal(gateway.Errorf(gateway.ErrUnavailable, ""))
	wait := 1 + rand.IntN(retryWithin)
	taken, err := http1.TakeOver(w, fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-Amzn-Errortype: ServiceUnavailableException\r\n"+
		"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", status, http.StatusText(status), wait, len(body), body))
	switch {
	case err != nil: // he has not said all yet, or the connection is lost
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(status), status)
	case taken.Socket != nil:
		_ = taken.Socket.Close() // all was said
	default:
		_ = taken.Conn.SetDeadline(time.Now().Add(time.Second))
		_ = taken.Conn.Close() // as above
	}
}

// relieve has clients go who hold most of what waits for them, or who have sent messages in part.
func (n *Node) relieve(bytes int) {
	if dropped := n.clients.Relieve(bytes); dropped > 0 { // else nothing has happened, ten times a second
		n.cfg.Log.Warn("memory is nearly out: connections that hold most are dropped", "bytes", bytes, "connections", dropped)
	}
}

// pressed says how it is with memory.
func (n *Node) pressed(from, to pressure, now reading) {
	level := slog.LevelInfo
	if to > from {
		level = slog.LevelWarn
	}
	n.cfg.Log.Log(context.Background(), level, "memory", "pressure", to.String(), "kept", now.kept, "taken", now.taken, "limit", n.memory.limit)
}
