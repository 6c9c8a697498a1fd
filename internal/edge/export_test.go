package edge

import (
	"context"
	"net/http"
	"time"

	"gangway/internal/gateway"
)

// Deliveries is the memory of pushes, to be tested apart from connections.
type Deliveries struct{ d *deliveries }

// NewDeliveries makes an empty memory.
func NewDeliveries() Deliveries { return Deliveries{newDeliveries(time.Now)} }

// Once is deliveries.once.
func (d Deliveries) Once(ctx context.Context, push *gateway.Push, send func() error) error {
	return d.d.once(ctx, push, send)
}

// Has says whether a stage is there.
func (s *Stages) Has(key gateway.StageKey) bool { return s.find(key) != nil }

// ComeAndGo takes an id and gives it back.
func (s *Server) ComeAndGo() gateway.ConnectionID {
	slot, id := s.newID()
	s.table.giveBack(slot)
	return id
}

// Held is a client that was let in, up to the 101 that it is not told: what is then kept of it is all that the edge keeps.
type Held struct{ s *session }

// Hold lets a client in.
func (s *Server) Hold(r *http.Request, who *gateway.Identity) (Held, error) {
	h, _, err := s.meet(r)
	if err != nil {
		return Held{}, err
	}
	defer h.leaveGate()
	h.greet(r)
	h.identify(who)
	if err := s.connect(r, h); err != nil {
		return Held{}, err
	}
	s.table.open(h.session)
	return Held{h.session}, nil
}

// Hear deals with a message of the client, which must not be answered.
func (h Held) Hear(payload []byte) { h.s.server.hear(h.s, payload) }

// Keep is an identity as the events of a connection have it, once it was kept with the connection.
func Keep(who *gateway.Identity) *gateway.Identity {
	s := newSession(&cohort{stage: &Stage{}}, 0, "L0SM9cOFvHcCIhw=", "192.0.2.1", time.Time{})
	s.identify(who)
	c := s.describe()
	return c.Identity
}

// Describe is the connection of the client as events have it.
func (h Held) Describe() gateway.Connection { return h.s.describe() }

// Settle ends what is owed to the connection of a client.
func (h Held) Settle() { h.s.clear() }

// Leave ends the connection of a client that is not told.
func (h Held) Leave() { h.s.leave() }
