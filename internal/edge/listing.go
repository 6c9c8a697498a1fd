package edge

import (
	"context"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// Listed is an open connection.
type Listed struct {
	ID gateway.ConnectionID
	gateway.ConnectionInfo
}

// Selection says which connections are asked for. An empty field asks for any.
type Selection struct {
	API, Stage, SourceIP string
	ID                   gateway.ConnectionID
}

// List has the open connections, those too of which the client may just have read so.
func (s *Server) List(ctx context.Context) []Listed {
	var all []Listed
	for c := range s.table.from(0) {
		if conn := c.whenOpen(ctx); conn != nil {
			all = append(all, c.listed(conn))
		}
	}
	return all
}

// tellingPatience is how long a page waits for clients who are being told 101. That takes no time, but for one that does not
// read.
const tellingPatience = time.Second

// Page has at most so many of the open connections that are asked for, from a position on, and the position of the first that
// there is no room for; 0: there is none. A connection keeps its position for as long as it is open, so one that is open from the
// first page to the last is on exactly one of them. No lock is held meanwhile, and nothing is made for those that are not on the
// page. The only error is that of ctx.
func (s *Server) Page(ctx context.Context, what Selection, from uint32, most int) (page []Listed, next uint32, err error) {
	patience, cancel := context.WithTimeout(ctx, tellingPatience)
	defer cancel()
	if what.ID != "" {
		return s.pageOf(patience, &what, from), 0, ctx.Err()
	}
	for c := range s.table.from(from) {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if !c.isAsked(&what) {
			continue
		}
		conn := c.whenOpen(patience)
		switch {
		case conn == nil:
		case len(page) == most:
			return page, c.slot, nil
		default:
			page = append(page, c.listed(conn))
		}
	}
	return page, 0, nil
}

// pageOf is the page of the one connection that has an id, which says where it is.
func (s *Server) pageOf(ctx context.Context, what *Selection, from uint32) []Listed {
	h, ok := s.cfg.Sealer.Open(what.ID)
	if !ok || h.Incarnation != s.cfg.Incarnation&tagMask || h.Slot < from {
		return nil
	}
	c := s.table.find(h.Slot, what.ID)
	if c == nil || !c.isAsked(what) {
		return nil
	}
	conn := c.whenOpen(ctx)
	if conn == nil {
		return nil
	}
	return []Listed{c.listed(conn)}
}

// isAsked says whether a connection is one of a selection, of which the id is not looked at.
func (s *session) isAsked(what *Selection) bool {
	key := &s.stage.key
	return (what.API == "" || key.API == what.API) && (what.Stage == "" || key.Stage == what.Stage) &&
		(what.SourceIP == "" || s.sourceIP() == what.SourceIP) && !s.stage.removed.Load()
}

// whenOpen is the connection once the client has been told; nil: it could not be, or is being closed.
func (s *session) whenOpen(ctx context.Context) *websocket.Conn {
	conn, err := s.reach(ctx)
	if err != nil || conn == nil || conn.Closing() {
		return nil
	}
	return conn
}

func (s *session) listed(conn *websocket.Conn) Listed {
	return Listed{s.id(), s.info(conn)}
}

// info is what others may learn of the connection.
func (s *session) info(conn *websocket.Conn) gateway.ConnectionInfo {
	return gateway.ConnectionInfo{
		API: s.stage.key.API, Stage: s.stage.key.Stage,
		ConnectedAt: time.Unix(0, s.connectedAt), LastActiveAt: conn.LastActive(),
		SourceIP: s.sourceIP(), UserAgent: s.userAgent,
	}
}
