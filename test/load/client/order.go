package client

import (
	"time"

	"gangway/test/load/sign"
)

// Order is something for a loader to do.
type Order struct {
	// Do is dial, secure, ask, talk, push, post, status or close.
	Do string `json:"do"`
	// Address is the server's, digits and a port.
	Address string `json:"address,omitempty"`
	// Host is the name of the server, and Roots a file of certificates to trust: for TLS.
	Host  string `json:"host,omitempty"`
	Roots string `json:"roots,omitempty"`
	// Path is what to ask for. {n} stands for the number of a connection, {id} for the id that the server gave it.
	Path string `json:"path,omitempty"`
	// Count is how many connections to open, or to how many of them something is done; 0: all.
	Count int `json:"count,omitempty"`
	// Parallel is how many handshakes or requests are under way at once.
	Parallel int `json:"parallel,omitempty"`
	// Text is the message that clients send.
	Text string `json:"text,omitempty"`
	// Expect is what an answer begins with: other messages are passed over. Empty: every message is an answer, of 64 bytes or more.
	Expect string `json:"expect,omitempty"`
	// Body is the form of a request's body; {data} stands for the message in it. Empty: the message itself.
	Body string `json:"body,omitempty"`
	// Header are more lines of a request, each with its line end.
	Header string `json:"header,omitempty"`
	// Key signs requests; nil: they are not signed.
	Key *sign.Key `json:"key,omitempty"`
	// Ops bounds the number of operations, Time how long new ones are begun. What was begun is waited for.
	Ops  int           `json:"ops,omitempty"`
	Time time.Duration `json:"time,omitempty"`
	// Once has each connection send one message only.
	Once bool `json:"once,omitempty"`
	// Burst is how many requests for one connection are written at once, one after the other on one connection of HTTP.
	Burst int `json:"burst,omitempty"`
}

// Report is what came of an order.
type Report struct {
	Error string `json:"error,omitempty"`
	// Sent and Received are messages: where they differ, some were lost.
	Sent     int `json:"sent"`
	Received int `json:"received"`
	// Open are the connections that are open now, Dropped those that the server has ended since the loader began.
	Open    int `json:"open"`
	Dropped int `json:"dropped"`
	// Why is what was wrong with the last of these.
	Why string `json:"why,omitempty"`
	// Elapsed is the time from the first to the last byte, CPU what the loader took itself.
	Elapsed time.Duration `json:"elapsed"`
	CPU     time.Duration `json:"cpu"`
	Latency *Histogram    `json:"latency,omitempty"`
}
