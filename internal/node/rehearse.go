package node

import (
	"context"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/tail"
	"gangway/internal/websocket"
)

// Rehearsal is what a test wants of a node that serves nobody else. The zero value wants nothing, and costs nothing.
type Rehearsal struct {
	// Record is told of every event on every stage, as it happens, and must not wait.
	Record func(*tail.Event)
	// Fault is asked before each call of an integration that is no MOCK; nil: call it.
	Fault func(stage gateway.StageKey, integration string, ev *gateway.Event) *integration.Fault
}

// faultsOf are the faults of one stage.
func (r *Rehearsal) faultsOf(stage gateway.StageKey) func(string, *gateway.Event) *integration.Fault {
	if r.Fault == nil {
		return nil
	}
	return func(id string, ev *gateway.Event) *integration.Fault { return r.Fault(stage, id, ev) }
}

// Now is the time by the clock that Skip moves: events, rates, quotas, the lifetimes of tokens and of keys of issuers, and the
// memory of pushes go by it. Signatures, TLS, timeouts of calls and the pings of connections go by the real one.
func (n *Node) Now() time.Time { return time.Now().Add(time.Duration(n.skipped.Load())) }

// Skip moves the clock on at once, for tests of what takes hours. Connections that are too old or too idle by then have been
// closed when it returns; their $disconnect is told when their clients have answered.
func (n *Node) Skip(d time.Duration) {
	n.skipped.Add(int64(d))
	n.clients.Skip(d)
}

// Connections are those that are open.
func (n *Node) Connections(ctx context.Context) []edge.Listed { return n.clients.List(ctx) }

// Disrupt does something to the socket of a connection; gone: none is open under the id.
func (n *Node) Disrupt(ctx context.Context, id gateway.ConnectionID, do func(*websocket.Conn)) (gone bool) {
	return n.clients.Disrupt(ctx, id, do)
}

// Reset deletes all definitions, closes all connections and waits for their $disconnect, for as long as ctx. The clock stays:
// what has been used up at a time may not come back.
func (n *Node) Reset(ctx context.Context) error {
	author := cluster.Author{Principal: "gangway", Operation: "Reset"}
	err := n.shared.Objects().Update(ctx, author, func(tx *cluster.Tx) error {
		tx.DeleteAll()
		return nil
	})
	if err != nil {
		return err
	}
	return n.clients.Clear(ctx)
}
