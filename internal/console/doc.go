// Package console is the door of the web console: it hands out the pages, signs people in, and passes on what the pages ask.
//
// The console is an ordinary client. Whoever signs in does so with an access key, and every request of a page is signed with
// that key and given to the control plane or the Management API as if it had come over the network: so it may do what the key
// may do, no more, and the audit log says who it was. Nothing is shown or changed by this package itself.
//
//	/console/                             the pages: files of the folder static, embedded
//	/console/session                      POST signs in, GET says who is signed in (?quiet: or 204), DELETE signs out
//	/console/api/...                      the control plane
//	/console/connections/{api}/{stage}/id the Management API
//	/console/connect                      a WebSocket to try an API with: see below
//
// A browser attaches the cookie of a session to requests that other sites have it send, and hands it to whoever listens on another
// port of the host: a cookie alone is never enough. Who signs in is also told a token, which pages keep where only those of their
// origin, with its port, can read it. Every request needs it, in the header field X-Gangway-Console, which no other site can have sent
// without asking first, and nobody answers such a question; a WebSocket, which knows no header fields of its own, has it among its
// subprotocols. The session is that of the token, whatever other cookies somebody has put beside the right one. What changes
// something, and a WebSocket, needs an Origin that is this host as well. A host that is not ours is refused before all else: who has its
// name resolve to this machine would make the pages its own. Every answer forbids the pages to load, connect to or be framed by
// anything else.
//
// A session is kept in memory and known to the browser by two random numbers. It ends after 30 minutes in which nobody asked
// for anything, after 12 hours, when its access key is deleted, rotated away or expired, and with the process; what it had under
// way ends with it. A page that asks by itself, and not for a person, says so by X-Gangway-Background.
// Secrets are compared in the same time whether they are nearly right, wrong or of nobody. Ten failures a minute from an address
// are answered; those after are told to wait. The right key gets in at any time, so nobody can be locked out.
//
// # Trying an API
//
// A browser cannot set header fields of a WebSocket handshake, cannot see why one was refused, and may not connect to
// another origin from these pages. So they connect here, and the door is a client of the data listener for them: what a client sends
// and gets passes through as JSON. One message is under way at a time in either direction; while it is, nothing more is read from
// its side, so nothing piles up here. Whether somebody may do this, a policy says ([ActionConnect]); the data listener is told where the
// person is, who cannot choose it.
//
// The package does not know what the pages look like, who may do what, or where the data listener is: it is given a way to it.
package console
