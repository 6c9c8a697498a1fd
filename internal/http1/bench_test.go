package http1_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"

	"gangway/internal/http1"
)

// push is what a backend sends: ten fields and a body of 64 bytes.
var push = []byte("POST /prod/%40connections/AbCdEfGhIjKlMno%3D HTTP/1.1\r\nHost: abcdefghij.execute-api.us-east-1.localhost:8080\r\n" +
	"User-Agent: aws-sdk-go-v2/1.41.0 os/linux lang/go#1.26.8 md/GOOS#linux md/GOARCH#amd64 api/apigatewaymanagementapi#1.26.0\r\n" +
	"Content-Length: 64\r\nAmz-Sdk-Invocation-Id: 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0\r\nAmz-Sdk-Request: attempt=1; max=3\r\n" +
	"Content-Type: application/octet-stream\r\nX-Amz-Date: 20261101T000000Z\r\nX-Amz-Content-Sha256: " + times(64, "0") + "\r\n" +
	"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261101/us-east-1/execute-api/aws4_request, " +
	"SignedHeaders=content-length;content-type;host;x-amz-date, Signature=" + times(64, "0") + "\r\n" +
	"Accept-Encoding: gzip\r\n\r\n" + times(64, "x"))

// BenchmarkParse reads a head.
func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if r, _, _ := http1.ReadHead(most, push); r == nil {
			b.Fatal("refused")
		}
	}
}

// accept reads a request and answers with an empty 200.
func accept(w http.ResponseWriter, r *http.Request) {
	data := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
}

// BenchmarkKeepAlive is a request and its answer over loopback, client included, which is the same for all.
func BenchmarkKeepAlive(b *testing.B) {
	b.Run("loops", func(b *testing.B) { exchange(b, serve(b, &http1.Server{Loops: loops(b)}, http.HandlerFunc(accept))) })
	b.Run("goroutines", func(b *testing.B) { exchange(b, serve(b, new(http1.Server), http.HandlerFunc(accept))) })
	b.Run("net-http", func(b *testing.B) {
		s := &http.Server{Handler: http.HandlerFunc(accept)}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(b, err)
		go func() { _ = s.Serve(l) }()
		defer func() { _ = s.Close() }()
		exchange(b, l.Addr().String())
	})
	b.Run("limit", func(b *testing.B) { // what the sockets alone take
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(b, err)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go answerBlindly(c)
			}
		}()
		defer func() { _ = l.Close() }()
		exchange(b, l.Addr().String())
	})
}

var blind = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

func answerBlindly(c net.Conn) {
	buffer := make([]byte, 4<<10)
	for {
		if _, err := c.Read(buffer); err != nil {
			return
		}
		if _, err := c.Write(blind); err != nil {
			return
		}
	}
}

// exchange has 32 clients for each processor ask again and again.
func exchange(b *testing.B, address string) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(32)
	before := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		buffer := make([]byte, 4<<10)
		for pb.Next() {
			if _, err := c.Write(push); err != nil {
				b.Error(err)
				return
			}
			n, err := c.Read(buffer)
			if err != nil || !bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 200 OK\r\n")) {
				b.Errorf("%q, %v", buffer[:n], err)
				return
			}
		}
	})
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// BenchmarkTakeOver is a connection from its begin to its end, with a handshake, over loopback and client included.
func BenchmarkTakeOver(b *testing.B) {
	for _, name := range []string{"loops", "goroutines"} {
		b.Run(name, func(b *testing.B) {
			s := new(http1.Server)
			if name == "loops" {
				s.Loops = loops(b)
			}
			shake(b, serve(b, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				taken, err := http1.TakeOver(w, []byte(switching))
				switch {
				case err != nil:
				case taken.Socket != nil:
					_ = taken.Socket.Close()
				default:
					_ = taken.Conn.Close()
				}
			})))
		})
	}
	b.Run("net-http", func(b *testing.B) {
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(c, switching)
				_ = c.Close()
			}
		})}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(b, err)
		go func() { _ = s.Serve(l) }()
		defer func() { _ = s.Close() }()
		shake(b, l.Addr().String())
	})
}

func shake(b *testing.B, address string) {
	b.Helper()
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		c, err := net.Dial("tcp", address)
		must(b, err)
		_, err = io.WriteString(c, upgrade+"\r\n")
		must(b, err)
		got, err := io.ReadAll(c)
		must(b, err)
		if string(got) != switching {
			b.Fatalf("%q", got)
		}
		_ = c.Close()
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}
