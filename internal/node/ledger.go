package node

import (
	"context"
	"errors"

	"gangway/internal/control"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/ledger"
	"gangway/internal/metrics"
	"gangway/internal/store"
)

// Farewells say what is done so that each connection has its $disconnect told. The zero value is what is usual.
type Farewells struct {
	// Unrecorded has nobody write down which connections are owed one: those that go with the process are told nothing, and what
	// fails is not told again.
	Unrecorded bool
	// Attempts is how often one is told at most; 10. Dead is how many are kept that could not be told; 1000.
	Attempts, Dead int
}

// record opens the ledger. Its keys are made of the one that seals secrets in the definitions.
func (n *Node) record(ctx context.Context) (err error) {
	if n.cfg.Farewells.Unrecorded {
		return nil
	}
	n.ledger, err = ledger.Open(ctx, ledger.Config{
		Dir: n.cfg.DataDir, Secret: n.shared.Derive("sessions"), Sealer: n.shared.Sealer(),
		Attempts: n.cfg.Farewells.Attempts, Dead: n.cfg.Farewells.Dead,
		Low: func() bool { return store.Low(n.cfg.DataDir) }, Now: n.Now, Log: n.cfg.Log,
	})
	return err
}

// book is the ledger as the edge has it.
func (n *Node) book() edge.Ledger {
	if n.ledger == nil {
		return nil // and not a ledger that is nil
	}
	return n.ledger
}

// redeem tells what is still owed, once the node serves.
func (n *Node) redeem(ctx context.Context) {
	select {
	case <-n.serving:
		n.ledger.Run(ctx, n.remind)
	case <-ctx.Done():
	}
}

// remind tells a $disconnect that is still owed. A stage that cannot be followed now is there again one day.
func (n *Node) remind(ctx context.Context, owed *ledger.Entry) error {
	err := n.clients.Remind(ctx, owed)
	if _, there := n.shared.Objects().Get(owed.Stage().Key()); errors.Is(err, ledger.ErrGone) && there {
		return errStageClosed
	}
	return err
}

// errStageClosed is why nobody is told for a stage whose definition cannot be followed.
var errStageClosed = errors.New("the stage has no deployment, or its definition cannot be followed")

// closeLedger writes what waits.
func (n *Node) closeLedger() error {
	if n.ledger == nil {
		return nil
	}
	return n.ledger.Close()
}

// sessions are the numbers of the ledger.
func (n *Node) sessions() *metrics.Sessions {
	if n.ledger == nil {
		return nil
	}
	figures := metrics.Sessions(n.ledger.Figures())
	return &figures
}

// letters are the $disconnect that could not be told.
func (n *Node) letters() control.DeadLetters {
	if n.ledger == nil {
		return control.DeadLetters{}
	}
	return control.DeadLetters{
		List: func(ctx context.Context, from uint64, most int) ([]control.DeadLetter, uint64, error) {
			found, next, err := n.ledger.DeadLetters(ctx, from, most)
			page := make([]control.DeadLetter, len(found))
			for i := range found {
				page[i] = shown(&found[i])
			}
			return page, next, err
		},
		Retry:  func(ctx context.Context, id gateway.ConnectionID) error { return known(n.ledger.Retry(ctx, id)) },
		Delete: func(ctx context.Context, id gateway.ConnectionID) error { return known(n.ledger.Delete(ctx, id)) },
	}
}

// shown is a dead letter as it is listed: without what authorizers have said.
func shown(l *ledger.DeadLetter) control.DeadLetter {
	c := &l.Connection
	return control.DeadLetter{
		ConnectionID: c.ID, APIID: c.API, StageName: c.Stage, ConnectedAt: c.ConnectedAt.UTC(), SourceIP: c.SourceIP, DisconnectedAt: l.EndedAt.UTC(),
		StatusCode: l.Status, Reason: l.Reason, RequestID: l.RequestID, Attempts: l.Attempts, Error: l.Cause, GivenUpAt: l.DiedAt.UTC(),
	}
}

// known is an error as the control plane has it.
func known(err error) error {
	if errors.Is(err, ledger.ErrUnknown) {
		return gateway.Errorf(gateway.ErrNotFound, "Unable to find a dead letter of the connection")
	}
	return err
}
