package testserver

import (
	"net/http"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// connection is one that is open.
type connection struct {
	ID           gateway.ConnectionID `json:"connectionId"`
	API          string               `json:"apiId"`
	Stage        string               `json:"stage"`
	ConnectedAt  time.Time            `json:"connectedAt"`
	LastActiveAt time.Time            `json:"lastActiveAt"`
	SourceIP     string               `json:"sourceIp"`
	UserAgent    string               `json:"userAgent,omitempty"`
}

type connections struct {
	Connections []connection `json:"connections"`
}

func (s *Server) connections(r *http.Request) connections {
	all := connections{Connections: []connection{}}
	for _, c := range s.node.Connections(r.Context()) {
		all.Connections = append(all.Connections, connection{
			c.ID, c.API, c.Stage, c.ConnectedAt.UTC(), c.LastActiveAt.UTC(), c.SourceIP, c.UserAgent,
		})
	}
	return all
}

// settleTime is how long a connection may take to be done with what is being written to it.
const settleTime = 2 * time.Second

// disrupt does to a connection what a bad network, or a bad client, does.
func (s *Server) disrupt(r *http.Request) (any, error) {
	var asked struct {
		Kind string `json:"kind"`
	}
	if err := read(r, &asked); err != nil {
		return nil, err
	}
	id := gateway.ConnectionID(r.PathValue("id"))
	var gone bool
	switch asked.Kind {
	case "drop":
		gone = s.node.Disrupt(r.Context(), id, (*websocket.Conn).Reset)
	case "resume":
		gone = s.node.Disrupt(r.Context(), id, (*websocket.Conn).Release)
	case "stall":
		return nil, s.stall(r, id)
	default:
		return nil, gateway.Errorf(gateway.ErrInvalid, "kind: expected drop, stall or resume, got %.40q", asked.Kind)
	}
	if gone {
		return nil, errGone
	}
	return nil, nil
}

var errGone = gateway.Errorf(gateway.ErrNotFound, "there is no open connection of that id")

// stall waits until nothing is being written, which is soon but for a client that is slow by itself.
func (s *Server) stall(r *http.Request, id gateway.ConnectionID) error {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	late := time.After(settleTime)
	for {
		done := false
		if s.node.Disrupt(r.Context(), id, func(c *websocket.Conn) { done = c.Withhold() }) {
			return errGone
		}
		if done {
			return nil
		}
		select {
		case <-ticks.C:
		case <-late:
			return gateway.Errorf(gateway.ErrConflict, "the connection is closing, or its client slow already")
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
}
