package dial

import (
	"strconv"
	"strings"
	"time"
)

// A server that hangs up on a connection which has just been used again leaves the call without an answer, so a connection is
// not used any more when the server is about to do that, if it has said when: margin is the time that a request may be on its
// way. One that waits for less than brief has its connections closed after each call.
const (
	margin = time.Second
	brief  = 5 * time.Second
)

// patience is how long a server says that it will wait for the next request, or -1: RFC 2068 section 19.7.1.1, Keep-Alive.
func patience(value string) time.Duration {
	for param := range strings.SplitSeq(value, ",") {
		name, seconds, _ := strings.Cut(trim(param), "=")
		if n, err := strconv.ParseUint(strings.Trim(seconds, `" `), 10, 16); err == nil && strings.EqualFold(name, "timeout") {
			return time.Duration(n) * time.Second
		}
	}
	return -1
}
