//go:build unix && !linux

package websocket

import "time"

// limitUnacknowledged is for Linux; elsewhere pings find a client that has vanished.
func (*rawSocket) limitUnacknowledged(time.Duration) {}
