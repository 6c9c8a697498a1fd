package node

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"time"

	"gangway/internal/control"
	"gangway/internal/edge"
	"gangway/internal/store"
)

// id is what the node is called: the machine, and the number of the start, which no other has.
func (n *Node) id() string {
	machine, _ := os.Hostname() // empty: the number has to do
	return machine + "-" + strconv.FormatUint(uint64(n.shared.Incarnation()), 10)
}

// nodes are those that share the definitions: this one.
func (n *Node) nodes() []control.Node {
	self := control.Node{
		NodeID: n.id(), Self: true, Version: n.cfg.Version, GoVersion: runtime.Version(), StartedAt: n.started.UTC().Truncate(time.Millisecond), State: n.state(),
		Connections: n.connected(), MemoryBytes: readMemory().taken, MemoryLimitBytes: n.memory.limit, Goroutines: runtime.NumGoroutine(),
		DataURL: n.DataURL(), AdminURL: n.AdminURL(), Revision: n.shared.Objects().Revision(),
	}
	if free, ok := store.Free(n.cfg.DataDir); ok {
		self.DiskFreeBytes = &free
	}
	return []control.Node{self}
}

// state is what /readyz says, in a word.
func (n *Node) state() string {
	switch {
	case n.stopping.Load():
		return "stopping"
	case n.shared.Objects().Broken() != nil:
		return "unwritable"
	default:
		return "ready"
	}
}

// connected is how many connections are open.
func (n *Node) connected() (all int) {
	for _, open := range n.stages.Connections() {
		all += open
	}
	return all
}

// page lists open connections.
func (n *Node) page(ctx context.Context, asked control.ConnectionQuery) ([]control.Connection, uint32, error) {
	what := edge.Selection{API: asked.API, Stage: asked.Stage, SourceIP: asked.SourceIP, ID: asked.ID}
	found, next, err := n.clients.Page(ctx, what, asked.From, asked.Most)
	if err != nil {
		return nil, 0, err
	}
	id, page := n.id(), make([]control.Connection, len(found))
	for i, c := range found {
		page[i] = control.Connection{
			ConnectionID: c.ID, StageName: c.Stage, ConnectedAt: c.ConnectedAt.UTC().Truncate(time.Millisecond), LastActiveAt: c.LastActiveAt.UTC().Truncate(time.Millisecond),
			SourceIP: c.SourceIP, UserAgent: c.UserAgent, NodeID: id,
		}
	}
	return page, next, nil
}
