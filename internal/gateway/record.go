package gateway

import "time"

// A Record is what became of an event: what logs, metrics and whoever watches are made of. It does not change once it is
// passed on, and is not kept beyond that: who needs a part of it later copies it.
type Record struct {
	Event *Event
	// Status is what the client was told: of a handshake the status of the answer, 200 for one that was let in; of a message
	// what the status would be, 200 for one that its integration has taken.
	Status int
	// ResponseType is which of the gateway's own responses the client got, by its name in "Gateway response types" in the
	// developer guide: BAD_REQUEST_BODY. Empty: none.
	ResponseType string
	// Message is the text of that response. Err is why, for the operator, and may hold what no client may see; nil: nothing
	// went wrong.
	Message string
	Err     error
	// Invalid is what a request model finds wrong with a message.
	Invalid string

	Authorizer  *AuthorizerRecord  // nil: nobody was asked
	Integration *IntegrationRecord // nil: nobody was called
	Latency     time.Duration      // from taking the event up to being done with it
	Sent        int                // bytes of the reply to the client
	// Detail is more of the same, where somebody has asked for it; nil: nobody has.
	Detail *Detail
}

// AuthorizerRecord is how an authorizer was asked.
type AuthorizerRecord struct {
	ID      string // of the authorizer
	Status  int    // 200, or what the client was refused with
	Latency time.Duration
	Err     error
}

// IntegrationRecord is how a backend was called.
type IntegrationRecord struct {
	// Status is what the backend answered; of a function behind AWS_PROXY, the statusCode of its result. 0: nothing.
	Status int
	// RequestID is what the service that was called gave the call, if it is one of AWS.
	RequestID string
	Latency   time.Duration
	Err       error
	Mock      bool // nobody was called, in truth
}

// Detail is what goes to a backend and comes back.
type Detail struct {
	Selection      string // the value of the route selection expression
	URI            string // of the backend, as it was called
	Method         string
	Header         Params // that were sent; without what proves who we are
	Body           []byte // that was sent
	Response       []byte // as the backend answered
	ResponseHeader Params // its header
	Reply          []byte // as the client gets it
}
