package integration_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// BenchmarkCall has a message to a backend of type HTTP_PROXY and its answer, of 64 bytes each, over one connection. The
// backend is in this process.
func BenchmarkCall(b *testing.B) {
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		if conn, err := l.Accept(); err == nil {
			echo(conn, 64)
		}
	}()
	backend := newServer(b, "http://"+l.Addr().String()+"/chat", "POST", nil)
	request := &integration.Request{
		Event: messageEvent("x"), Body: bytes.Repeat([]byte("x"), 64),
		Header: gateway.Params{{Name: "connectionId", Value: "eHrdFcnvvHcCE-w="}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if response, err := backend.Call(b.Context(), request); err != nil || len(response.Body) != 64 {
			b.Fatal(response, err)
		}
	}
}

// echo answers requests whose bodies have so many bytes with as many.
func echo(conn net.Conn, size int) {
	defer func() { _ = conn.Close() }()
	answer := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n" + strings.Repeat("y", size)
	for reader := bufio.NewReader(conn); ; {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) > len("\r\n") {
			continue
		}
		if _, err := reader.Discard(size); err != nil {
			return
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}
