// Package edge is the door for WebSocket clients. It holds the connections of a node and brings together what happens on
// them with the programs that say what is to be done about it.
//
// A [Server] takes handshakes as an [http.Handler], and is the [gateway.Connections] of its own connections. [Stages] says
// which program runs where; a program can be exchanged at any time, and the next message uses the new one.
//
// # The life of a connection
//
// Host and path name a stage. Then the upgrade itself is checked, then the $connect route authorizes and runs, and only
// then does the client hear 101: from that moment the connection is open, and its id can be found. A client that leaves
// while $connect runs cancels it. For every $connect that succeeded there is a $disconnect, and none without. With a [Ledger] one that
// its integration could not take is told again ([Server.Remind]), by this server or by the next life of the node, and so is that of a connection that
// goes with the process.
//
// A message goes to the route that the program selects. If that waits for nothing ([program.Route.Prompt]) it is run where it
// was read, before the next; else in a goroutine of its own. Messages of one connection are begun in the order in which they
// came, but nothing holds one back until another has reached its backend: as on API Gateway, backends and replies may see
// another order. A connection with too many messages in flight is not read, so that TCP slows its client down; how many run
// and wait on all connections is bounded, too, and no stage takes it all: what hangs on one holds up no other.
//
// A connection that has nothing to say has no goroutine, and takes some 110 bytes here, 190 with what an authorizer has said
// of it: what it has in common with others is kept once, its texts are one, and its identity is one of them.
//
// What goes wrong with a message is told to the client in a frame, and the connection stays open. A panic ends the
// connection in which it happened (1011) and no other.
//
// # What it does not know
//
// Frames, limits and timers are those of package websocket; which route, which backend and which reply are those of
// package program. Edge knows nothing of other nodes, of definitions, or of who deploys what.
//
// # The spelling of header names
//
// Backends of API Gateway see the names of header fields as the client wrote them, in its order. Behind the server of package
// http1 so they do here; behind another, everything works, with names in canonical form.
package edge
