// Package testserver is a node that test suites, in any language, start for themselves: on random ports of this machine, and with
// an API over HTTP to make happen what takes hours, or goes wrong, and to ask what has happened.
//
//	GET    /ready                      200 once it serves, with where
//	GET    /clock                      the time, and how far it was moved on
//	POST   /clock                      {"advance": "2h"} moves it on at once
//	GET    /events                     what has happened: ?since=N&wait=5s&type=MESSAGE&connection=ID&api=ID&stage=NAME
//	DELETE /events                     forgets it
//	GET    /connections                those that are open
//	POST   /connections/{id}/fault     {"kind": "drop"}, "stall" or "resume"
//	GET    /faults                     of backends
//	POST   /faults                     {"match": {...}, "kind": "refuse", "times": 2}
//	DELETE /faults and /faults/{id}    backends are called again
//	       /v2/...                     the control plane, without a signature
//	       /connections/{id}           @connections: POST pushes, GET looks up, DELETE closes
//	POST   /reset                      no APIs, connections, faults and events any more
//
// It knows the node and this API. What the node does about the time, about faults and about a reset is said where it is done:
// [node.Node.Skip], [integration.Fault], [websocket.Conn.Withhold], [node.Node.Reset]. The package knows nothing of processes:
// who starts one, prints where it is and ends it stands above.
//
// # The clock
//
// It is the real one, and what /clock has added to it. By it go the lifetimes of connections, tokens and issuers' keys, rates,
// quotas, the memory of pushes and the times of events. What really has to take time does not go by it: signatures, which clients make with their own clocks, TLS, the timeouts of calls, and
// the pings by which a client is found dead. It never goes back, not by a reset either.
//
// # Who may ask
//
// Nobody signs anything, so it listens on a loopback address only, and takes no request whose Host names another, or that a page
// from elsewhere has its browser send: a name that resolves to this machine opens nothing.
package testserver
