package integration

import "net"

// The wire formats of AWS_PROXY, for benchmark and fuzzing.
var (
	AppendEvent = appendEvent
	DecodeReply = decodeReply
)

// Denies is the decision of a transport about an address.
func Denies(options TransportOptions, address string) bool {
	return newGuard(options).control("tcp", address, nil) != nil
}

// NewTransportAsking is NewTransport, but asks a resolver of the test's.
func NewTransportAsking(resolver *net.Resolver, options TransportOptions) *Transport {
	dialer := newDialer(options)
	dialer.Resolver = resolver
	return newTransport(dialer)
}
