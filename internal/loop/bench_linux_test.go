package loop_test

import (
	"fmt"
	"io"
	"net"
	"testing"

	"gangway/internal/loop"
)

// BenchmarkEcho is one message there and back, where so many connections have one under way at a time.
func BenchmarkEcho(b *testing.B) {
	for _, connections := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			ln := serve(b, start(b, 0), func() loop.Handler { return &echo{tb: b} })
			clients := make([]net.Conn, connections)
			for i := range clients {
				clients[i] = dial(b, ln)
			}
			message := make([]byte, 64)
			turn := 0
			b.ReportAllocs()
			for b.Loop() {
				if turn == 0 {
					for _, c := range clients {
						_, _ = c.Write(message)
					}
				}
				if _, err := io.ReadFull(clients[turn], message); err != nil {
					b.Fatal(err)
				}
				turn = (turn + 1) % connections
			}
		})
	}
}
