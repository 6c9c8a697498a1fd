package http1_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gangway/internal/http1"
)

// Many clients at once: some stay, some close, some leave in the middle, some take over, and the server is shut down among
// them.
func TestHammer(t *testing.T) {
	const clients, rounds = 32, 40
	server, _ := identity(t)
	for name, s := range both(t) {
		s.TLS = server
		t.Run(name, func(t *testing.T) {
			s.MaxRequests = clients / 2
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/ws" {
					if taken, err := http1.TakeOver(w, []byte(switching)); err == nil {
						repeat(taken)
					}
					return
				}
				if r.URL.Path == "/wait" {
					<-r.Context().Done()
				}
				echo(w, r)
			}))
			var all sync.WaitGroup
			for range clients {
				all.Go(func() {
					for range rounds {
						hammer(t, dial(t, address))
					}
				})
			}
			all.Wait()
		})
	}
}

// hammer is one conversation. Whatever it is told must be told in full.
func hammer(t *testing.T, c *client) {
	t.Helper()
	defer func() { _ = c.Close() }()
	switch rand.IntN(6) {
	case 0: // leaves
		_, _ = io.WriteString(c, get()[:rand.IntN(len(get()))])
	case 1:
		_, _ = io.WriteString(c, get()+get())
	case 2:
		_, _ = io.WriteString(c, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
	case 3: // breaks a TLS handshake off
		_, _ = c.Write([]byte{0x16, 3, 1})
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
	case 4:
		_, _ = io.WriteString(c, upgrade+"\r\nhello")
		data := make([]byte, len(switching+"hello"))
		if n, err := io.ReadFull(c.r, data); err == nil && string(data) != switching+"hello" && !strings.Contains(string(data), "503") {
			t.Errorf("got %q", data[:n])
		}
	default:
		body := times(rand.IntN(20000), "x")
		_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if response, err := http.ReadResponse(c.r, nil); err == nil {
			data, err := io.ReadAll(response.Body)
			if response.StatusCode == http.StatusOK && (err != nil || string(data) != "POST / "+body) {
				t.Errorf("got %d bytes, %v", len(data), err)
			}
		}
	}
}
