package dial

import (
	"errors"
	"os"
	"time"
)

// errNoise is a connection that the server has ended while it was idle, or has said something on.
var errNoise = errors.New("dial: the server has ended the connection")

// moment is how long is listened where one cannot but wait.
const moment = time.Millisecond

// waits listens by reading: whatever comes, the connection is done for. It is for connections that are no sockets, and for
// systems where a socket cannot be asked.
func waits(w *wire) (quiet bool) {
	if w.SetDeadline(time.Now().Add(moment)) != nil {
		return false
	}
	var one [1]byte
	n, err := w.Conn.Read(one[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && w.SetDeadline(w.until) == nil
}
