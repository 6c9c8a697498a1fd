package integration

// The wire formats of AWS_PROXY, for benchmark and fuzzing.
var (
	AppendEvent = appendEvent
	DecodeReply = decodeReply
)

// Denies is the decision of a transport about an address.
func Denies(options TransportOptions, address string) bool {
	return newGuard(options).control("tcp", address, nil) != nil
}
