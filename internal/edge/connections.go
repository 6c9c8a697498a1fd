package edge

import (
	"context"
	"errors"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/http1"
	"gangway/internal/websocket"
)

// errGone is every id that is not open, whatever the reason.
var errGone = gateway.Errorf(gateway.ErrGone, "The connection is no longer available.")

// find is the open connection of a stage under an id. One that is being closed is gone, though its client may not have
// answered the close frame yet.
func (s *Server) find(ctx context.Context, stage gateway.StageKey, id gateway.ConnectionID) (*session, *websocket.Conn, error) {
	h, ok := s.cfg.Sealer.Open(id)
	if !ok || h.Incarnation != s.cfg.Incarnation&tagMask {
		return nil, nil, errGone
	}
	c := s.table.find(h.Slot, id)
	if c == nil || c.stage.key != stage || c.stage.removed.Load() {
		return nil, nil, errGone
	}
	conn, err := c.reach(ctx)
	if err == nil && (conn == nil || conn.Closing()) {
		err = errGone
	}
	return c, conn, err
}

// Send implements [gateway.Connections]. Data that is UTF-8 goes out as text: else a client could not read it as such.
func (s *Server) Send(ctx context.Context, push gateway.Push) error {
	if push.Invocation == "" {
		return s.send(ctx, &push)
	}
	return s.deliveries.once(ctx, &push, func() error {
		// A sender that has lost patience tries again; then it must be certain how this ended.
		return s.send(context.WithoutCancel(ctx), &push)
	})
}

// send does not wait before it has told so, by [http1.Waits].
func (s *Server) send(ctx context.Context, push *gateway.Push) error {
	_, conn, err := s.find(ctx, push.Stage, push.To)
	if err != nil {
		return err
	}
	op := websocket.Binary
	if utf8.Valid(push.Data) {
		op = websocket.Text
	}
	sending, err := conn.SendTold(op, push.Data)
	if sending != nil {
		err = s.await(ctx, sending)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, websocket.ErrClosed):
		return errGone
	case errors.Is(err, websocket.ErrQueueFull), errors.Is(err, websocket.ErrSlow):
		return gateway.Errorf(gateway.ErrTooMany, "The client does not take what is waiting for it.")
	default:
		return err
	}
}

// await waits for a client that does not take a message at once.
func (s *Server) await(ctx context.Context, sending *websocket.Sending) error {
	http1.Waits(ctx)
	limited, cancel := context.WithTimeout(ctx, s.cfg.SendTimeout)
	defer cancel()
	return sending.Wait(limited)
}

// Info implements [gateway.Connections].
func (s *Server) Info(ctx context.Context, stage gateway.StageKey, id gateway.ConnectionID) (gateway.ConnectionInfo, error) {
	c, conn, err := s.find(ctx, stage, id)
	if err != nil {
		return gateway.ConnectionInfo{}, err
	}
	return c.info(conn), nil
}

// Close implements [gateway.Connections].
func (s *Server) Close(ctx context.Context, stage gateway.StageKey, id gateway.ConnectionID) error {
	c, conn, err := s.find(ctx, stage, id)
	if err != nil {
		return err
	}
	if !c.leave() {
		return errGone
	}
	c.delete()
	conn.Close(websocket.StatusNormal, "")
	return nil
}
