package node

import (
	"os"

	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/metrics"
	"gangway/internal/tail"
)

// measure begins to count.
func (n *Node) measure() (err error) {
	traces := n.cfg.Traces
	traces.Version, traces.Log, traces.TraceID = n.cfg.Version, n.cfg.Log, (*gateway.Event).TraceID
	traces.Node, _ = os.Hostname() // empty: not told
	if n.tracer, err = metrics.NewTracer(traces); err != nil {
		return err
	}
	n.tail.Discreet, n.tail.Recorder = journal.Discreet, n.cfg.Rehearsal.Record
	n.metrics = metrics.New(metrics.Config{
		Version: n.cfg.Version, Tracer: n.tracer, Log: n.cfg.Log,
		Connections: n.stages.Connections,
		Queues: func() []metrics.Queue {
			var all []metrics.Queue
			for _, q := range n.clients.Queues() {
				all = append(all, metrics.Queue(q))
			}
			return all
		},
		Sessions: n.sessions,
		Detailed: n.isDetailed,
	})
	n.stages.WhenGone(n.metrics.Forget)
	return nil
}

// isDetailed says whether a route of a stage has detailedMetricsEnabled.
func (n *Node) isDetailed(name gateway.StageKey, route string) bool {
	var stage gateway.Stage
	if exists, err := n.read(name.Key(), &stage); err != nil || !exists {
		return false
	}
	if own := stage.RouteSettings[route].DetailedMetricsEnabled; own != nil {
		return *own
	}
	return stage.DefaultRouteSettings.DetailedMetricsEnabled
}

// pushed counts a call of @connections.
func (n *Node) pushed(call *metrics.Call) {
	n.metrics.Push(call)
	n.tracer.Push(call)
	n.tail.Push(&tail.Push{
		Stage: call.Stage, Connection: call.Connection, RequestID: call.RequestID, Method: call.Method, Time: call.Time,
		Latency: call.Latency, Status: call.Status, Data: call.Data,
	})
}
