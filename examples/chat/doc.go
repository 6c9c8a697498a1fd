// Package chat is an example: a chat room behind a WebSocket API, written as a plain HTTP backend.
//
// The backend holds no socket. The gateway holds them, and calls the backend once for each thing that happens on one: a
// client connects, joins, says something, asks who is there, leaves, disconnects. All these routes go to one URL by
// HTTP_PROXY integrations, which say in headers what an HTTP request would not: whose connection it is (connectionId),
// and which route was chosen (routeKey). To speak to the clients, the backend posts to
// {management endpoint}/@connections/{connectionId}, signed with Signature Version 4.
//
// A client sends and receives JSON:
//
//	{"action": "join", "name": "ann"}      all get {"type": "joined", "name": "ann"}
//	{"action": "say", "text": "hello"}     all get {"type": "said", "name": "ann", "text": "hello"}
//	{"action": "who"}                      the sender gets {"type": "who", "you": …, "people": […]}
//	{"action": "leave"}                    all get {"type": "left", "name": "ann"}
//
// The reply to "who" is the HTTP response itself, which a route response sends back to the client; all else is pushed.
//
// The package uses public interfaces only, so it works against Amazon API Gateway as it does against Gangway: see
// deploy.sh for the AWS CLI, [Deploy] for the same in Go, and the backend folder for a program of its own.
//
// It does not keep the room anywhere but in memory, so a second backend would be a second room, and it believes whoever
// can reach it: let only the gateway do so.
package chat
