//go:build !windows

package dial_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"gangway/internal/dial"
)

// answering is a server that reads requests of a known length and answers each with the same bytes.
func answering(tb testing.TB, l net.Listener, request int, response string) {
	tb.Helper()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				buffer := make([]byte, request)
				for {
					if _, err := io.ReadFull(c, buffer); err != nil {
						return
					}
					if _, err := io.WriteString(c, response); err != nil {
						return
					}
				}
			}()
		}
	}()
}

const answer = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 64\r\n\r\n"

// sized is a request of a known length.
type sized struct {
	url  string
	body []byte
}

func (s sized) header() http.Header {
	return http.Header{
		"User-Agent": {"AmazonAPIGateway_abcdef1234"}, "X-Amzn-Apigateway-Api-Id": {"abcdef1234"},
		"Content-Type": {"application/json"}, "X-Amzn-Trace-Id": {"Root=1-65d2ff6e-0123456789abcdef01234567"},
	}
}

// BenchmarkCall has a message of 64 bytes and an answer of as many, by net/http and by what is here. The servers are in
// this process: theirs is the same in both.
func BenchmarkCall(b *testing.B) {
	for _, scheme := range []string{"http", "https"} {
		server := httptest.NewTLSServer(nil)
		trust := server.Client().Transport.(*http.Transport).TLSClientConfig
		for _, test := range []struct {
			name      string
			transport interface {
				http.RoundTripper
				CloseIdleConnections()
			}
		}{
			{"net-http", &http.Transport{TLSClientConfig: trust, MaxIdleConnsPerHost: 256, IdleConnTimeout: 4 * time.Second, DisableCompression: true}},
			{"dial", &dial.Transport{TLS: trust, Keep: 4 * time.Second}},
		} {
			b.Run(scheme+"/"+test.name, func(b *testing.B) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				if scheme == "https" {
					l = tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12})
				}
				defer func() { _ = l.Close() }()
				s := sized{scheme + "://" + l.Addr().String() + "/chat", bytes.Repeat([]byte("x"), 64)}
				host := l.Addr().String()
				length := len("POST /chat HTTP/1.1\r\nHost: \r\nContent-Length: 64\r\n\r\n") + len(host) + 64
				for name, values := range s.header() {
					length += len(name) + len(values[0]) + 4
				}
				answering(b, l, length, answer+strings.Repeat("y", 64))
				defer test.transport.CloseIdleConnections()
				header := s.header()
				call := func() {
					r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.url, bytes.NewReader(s.body))
					if err != nil {
						b.Fatal(err)
					}
					r.Header = header
					response, err := test.transport.RoundTrip(r)
					if err != nil {
						b.Fatal(err)
					}
					if n, err := io.Copy(io.Discard, response.Body); n != 64 || err != nil {
						b.Fatal(n, err)
					}
					_ = response.Body.Close()
				}
				call()
				b.ReportAllocs()
				before := processTime(b)
				for b.Loop() {
					call()
				}
				b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
		server.Close()
	}
}

// BenchmarkBare has the same bytes, written and read by who knows how many there are: no client can cost less.
func BenchmarkBare(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	answering(b, l, 300, answer+strings.Repeat("y", 64))
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	request, response := make([]byte, 300), make([]byte, len(answer)+64)
	before := processTime(b)
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, response); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkHead has what parsing the head of a response costs here, and in net/http.
func BenchmarkHead(b *testing.B) {
	text := []byte(answer)
	b.Run("dial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if status, err := dial.ParseHead(text); status != http.StatusOK || err != nil {
				b.Fatal(status, err)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		from := bytes.NewReader(text)
		reader := bufio.NewReader(from)
		b.ReportAllocs()
		for b.Loop() {
			from.Reset(text)
			reader.Reset(from)
			response, err := http.ReadResponse(reader, nil)
			if err != nil || response.StatusCode != http.StatusOK {
				b.Fatal(response, err)
			}
			_ = response.Body.Close()
		}
	})
}
