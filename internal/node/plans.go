package node

import (
	"context"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// counted is how often what API keys have used is written down: as long as a kill can make it forgotten. Each write grows the
// log of definitions, so it is not more often.
const counted = 10 * time.Second

// admitKeys lets those connect who hold an API key now.
func (n *Node) admitKeys() {
	keys := list[gateway.APIKey](n, "apikeys")
	var plans []usage.Plan
	for _, object := range n.shared.Objects().List("usageplans") {
		var plan usage.Plan
		if _, err := n.read(object.Key, &plan.UsagePlan); err != nil {
			n.cfg.Log.Error("usage plan cannot be used", "key", string(object.Key), "error", err)
			continue
		}
		for _, key := range n.shared.Objects().List(object.Key + "/keys") {
			plan.Keys = append(plan.Keys, key.Key.ID())
		}
		plans = append(plans, plan)
	}
	n.plans.Replace(keys, plans)
}

// list reads a collection; what cannot be read is left out, and said.
func list[T any](n *Node, collection gateway.Key) []T {
	var all []T
	for _, object := range n.shared.Objects().List(collection) {
		var one T
		if _, err := n.read(object.Key, &one); err != nil {
			n.cfg.Log.Error("definition cannot be used", "key", string(object.Key), "error", err)
			continue
		}
		all = append(all, one)
	}
	return all
}

// recall takes up what was used before this start.
func (n *Node) recall() {
	objects := n.shared.Objects()
	for _, plan := range objects.List("usageplans") {
		for _, key := range objects.List(plan.Key + "/keys") {
			for _, day := range objects.List(key.Key + "/usage") {
				n.recount(day.Key)
			}
		}
	}
}

// recount takes up what is written of a day.
func (n *Node) recount(key gateway.Key) {
	object, exists := n.shared.Objects().Get(key)
	if !exists {
		return
	}
	day, err := usage.ReadDay(key, object.Value)
	if err != nil {
		n.cfg.Log.Error("usage cannot be read", "key", string(key), "error", err)
		return
	}
	n.plans.Restore([]usage.Day{day})
}

// count writes down what is used, until ctx ends.
func (n *Node) count(ctx context.Context) {
	ticks := time.NewTicker(counted)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			n.writeUsage(ctx)
		}
	}
}

// writeUsage writes down what has been used since it was last called.
func (n *Node) writeUsage(ctx context.Context) {
	var days []usage.Day
	err := n.shared.Objects().Update(ctx, cluster.Author{Principal: "gangway", Operation: "CountUsage"}, func(tx *cluster.Tx) error {
		days = n.plans.Changed() // in the write, or it could undo what a client has set meanwhile
		for i := range days {
			day := &days[i]
			_, held := tx.Get(day.Object().Parent())
			switch {
			case day.Gone:
				tx.Delete(day.Object())
			case held: // else the key has left the plan
				if err := tx.Put(day.Object(), day.Tally); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		n.plans.Unwritten(days)
		n.cfg.Log.Error("usage cannot be written down", "error", err)
	}
}
