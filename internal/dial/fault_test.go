package dial_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"gangway/internal/dial"
)

const two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

// TestFaults: whatever a server does to a connection, new or kept, the call that it does it to fails, is not made again, and
// the next one is made over another connection.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]func(p *peer, r *http.Request){
		"hangs up":               func(p *peer, _ *http.Request) { _ = p.Close() },
		"hangs up early":         func(p *peer, _ *http.Request) { _ = p.raw.Close() },
		"half hangs up":          func(p *peer, _ *http.Request) { _ = p.raw.CloseWrite() },
		"resets":                 func(p *peer, _ *http.Request) { p.reset() },
		"hangs up in the head":   func(p *peer, _ *http.Request) { p.say(two[:20]); _ = p.Close() },
		"half up in the head":    func(p *peer, _ *http.Request) { p.say(two[:20]); _ = p.raw.CloseWrite() },
		"resets in the head":     func(p *peer, _ *http.Request) { p.say(two[:20]); p.reset() },
		"hangs up after a hint":  func(p *peer, _ *http.Request) { p.say("HTTP/1.1 103 Hint\r\n\r\n"); _ = p.Close() },
		"hangs up after head":    func(p *peer, _ *http.Request) { p.say(two); _ = p.Close() },
		"resets after the head":  func(p *peer, _ *http.Request) { p.say(two); p.reset() },
		"hangs up in the body":   func(p *peer, _ *http.Request) { p.say(two + "o"); _ = p.Close() },
		"half up in the body":    func(p *peer, _ *http.Request) { p.say(two + "o"); _ = p.raw.CloseWrite() },
		"resets in the body":     func(p *peer, _ *http.Request) { p.say(two + "o"); p.reset() },
		"hangs up in a chunk":    func(p *peer, _ *http.Request) { p.say(chunks[:len(chunks)-9]); _ = p.Close() },
		"hangs up before last":   func(p *peer, _ *http.Request) { p.say(chunks[:len(chunks)-5]); _ = p.Close() },
		"hangs up in last chunk": func(p *peer, _ *http.Request) { p.say(chunks[:len(chunks)-2]); _ = p.Close() },
		"resets before last":     func(p *peer, _ *http.Request) { p.say(chunks[:len(chunks)-5]); p.reset() },
		"speaks SSH":             func(p *peer, _ *http.Request) { p.say("SSH-2.0-OpenSSH_9.9\r\n") },
		"answers twice at once": func(p *peer, _ *http.Request) {
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk")
		},
	} {
		for _, secure := range []bool{false, true} {
			for _, before := range []int32{0, 1} { // calls over the same connection
				for _, method := range []string{"POST", "GET"} { // one is idempotent, and still not sent again
					var s *server
					s = serve(t, secure, func(p *peer, r *http.Request) bool {
						if s.requests.Load() == before+1 {
							fault(p, r)
							return false
						}
						p.say(two + "ok")
						return true
					})
					transport := s.transport(t)
					for call := range before + 2 {
						_, got, err := get(t, transport, method, s.url, "x")
						if (err == nil) != (call != before) || err == nil && got != "ok" || errors.Is(err, dial.ErrNoConnection) {
							t.Errorf("%s, %v, call %d after %d: got %q, %v", name, secure, call, before, got, err)
						}
					}
					<-s.ended // the connection with the fault
					if requests, conns := s.requests.Load(), s.conns.Load(); requests != before+2 || conns != 2 {
						t.Errorf("%s, %v: %d requests over %d connections for %d calls", name, secure, requests, conns, before+2)
					}
					transport.none(t)
				}
			}
		}
	}
}

const chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

// TestStale: a connection that the server has ended while it was idle, or has said something on, is not used again, and no
// call fails for it.
func TestStale(t *testing.T) {
	for name, after := range map[string]func(p *peer){
		"hangs up":         func(p *peer) { _ = p.Close() },
		"half hangs up":    func(p *peer) { _ = p.raw.CloseWrite() },
		"resets":           func(p *peer) { p.reset() },
		"says why":         func(p *peer) { p.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") },
		"answers unasked":  func(p *peer) { p.say(two + "no") },
		"says half a word": func(p *peer) { _, _ = p.raw.Write([]byte("H")) },
	} {
		for _, secure := range []bool{false, true} {
			kept := make(chan struct{})
			s := serve(t, secure, func(p *peer, _ *http.Request) bool {
				p.say(two + "ok")
				if p.nth == 1 {
					<-kept
					after(p)
				}
				return true
			})
			transport := s.transport(t)
			for call := range 3 {
				if call > 0 {
					kept <- struct{}{}
					transport.AwaitNoise()
				}
				if _, got, err := get(t, transport, "POST", s.url, "x"); got != "ok" || err != nil {
					t.Errorf("%s, %v: got %q, %v", name, secure, got, err)
				}
			}
			if requests, conns := s.requests.Load(), s.conns.Load(); requests != 3 || conns != 3 {
				t.Errorf("%s, %v: %d requests over %d connections", name, secure, requests, conns)
			}
			transport.none(t)
			close(kept)
		}
	}
}

// TestMore: what comes in one piece with an answer, and is not part of it, is nobody's answer. Under TLS it may be a record of its
// own, which has been read already.
func TestMore(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, apart := range []bool{false, true} {
			s := serve(t, secure, func(p *peer, _ *http.Request) bool {
				more := two + "no"
				if apart {
					p.say(two + "ok")
					p.say(more)
				} else {
					p.say(two + "ok" + more)
				}
				return true
			})
			transport := s.transport(t)
			for range 20 {
				_, got, err := get(t, transport, "POST", s.url, "x")
				if transport.Idle() > 0 {
					transport.AwaitNoise()
				}
				if got != "ok" || err != nil {
					t.Errorf("TLS %v, apart %v: got %q, %v", secure, apart, got, err)
				}
			}
			transport.none(t)
		}
	}
}

// TestLeftBodies: a connection with an answer that nobody has read is closed, at once.
func TestLeftBodies(t *testing.T) {
	for _, read := range []int64{0, 1, 99} {
		s := serve(t, false, func(p *peer, _ *http.Request) bool {
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", 100))
			return true
		})
		transport := s.transport(t)
		response, err := transport.RoundTrip(request(t, t.Context(), "GET", s.url, ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, response.Body, read); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := response.Body.Read(make([]byte, 1)); n > 0 || !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("read %d after the end, %v", n, err)
		}
		<-s.ended
		if transport.Idle() > 0 {
			t.Errorf("after %d bytes it was kept", read)
		}
	}
}

// TestReadOnce: who has read as many bytes as there are need not look for the end.
func TestReadOnce(t *testing.T) {
	for _, answer := range []string{two + "ok", chunks} {
		s := serve(t, false, func(p *peer, _ *http.Request) bool { p.say(answer); return true })
		transport := s.transport(t)
		for range 2 {
			response, err := transport.RoundTrip(request(t, t.Context(), "GET", s.url, ""))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(response.Body, make([]byte, 2)); err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("%q: two calls over %d connections", answer, n)
		}
	}
}
