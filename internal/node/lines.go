package node

import (
	"net/url"

	"gangway/internal/gateway"
	"gangway/internal/tail"
)

// Logged takes a line that a function has written: who watches an API sees those that its events have caused. It is for a host of
// functions in this process, be it called by [Config.Functions] or at a [Config.LambdaEndpoint] on this machine. It does not wait, and
// costs next to nothing where nobody watches.
func (n *Node) Logged(line *tail.Line) { n.tail.Log(line) }

// trace names invocations, so that their lines can be told apart, if a host of this machine may tell of them; nil: AWS names its own.
func (n *Node) trace() func(*gateway.Event) string {
	endpoint, err := url.Parse(n.cfg.LambdaEndpoint)
	if n.cfg.Functions == nil && (err != nil || !gateway.IsLoopback(endpoint.Host)) {
		return nil
	}
	return n.tail.Trace
}
