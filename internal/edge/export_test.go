package edge

import (
	"context"
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
	handle, id := s.newID()
	s.table.giveBack(handle)
	return id
}
