package edge

import (
	"context"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// What follows is for tests of what runs on a gateway: nothing of it happens unless somebody asks.

// Skip has every connection be older by d at once: see [websocket.Server.Skip]. Config.Now must skip as much.
func (s *Server) Skip(d time.Duration) { s.sockets.Skip(d) }

// Disrupt does something to the socket of a connection; gone: none is open under the id.
func (s *Server) Disrupt(ctx context.Context, id gateway.ConnectionID, do func(*websocket.Conn)) (gone bool) {
	h, ok := s.cfg.Sealer.Open(id)
	if !ok || h.Incarnation != s.cfg.Incarnation&tagMask {
		return true
	}
	c := s.table.find(h.Slot, id)
	if c == nil {
		return true
	}
	conn, err := c.reach(ctx)
	if err != nil || conn == nil {
		return true
	}
	do(conn)
	return false
}

// Clear closes every connection with 1001 without waiting for its client, and returns when all $disconnect have been told, or with
// the error of ctx.
func (s *Server) Clear(ctx context.Context) error {
	if err := s.sockets.Clear(ctx); err != nil {
		return err
	}
	for _, jobs := range []*pool{s.messages, s.farewells} {
		select {
		case <-jobs.whenQuiet():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
