//go:build linux

package client

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// securing opens connections over TLS 1.3, each by a full handshake. It takes Go's TLS and its goroutines, and so much more of the
// machine than the rest of the loader does; what it measures is the server.
type securing struct {
	idle
	order *Order
}

// secureTimeout bounds one handshake.
const secureTimeout = 30 * time.Second

func (s *securing) begin(l *loop) error {
	roots := x509.NewCertPool()
	text, err := os.ReadFile(s.order.Roots)
	if err != nil || !roots.AppendCertsFromPEM(text) {
		return errors.Join(errors.New("no certificate to trust"), err)
	}
	config := &tls.Config{RootCAs: roots, ServerName: s.order.Host, MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}}
	conns := make([]net.Conn, s.order.Count)
	var next, ready atomic.Int64
	var first atomic.Pointer[error]
	var mu sync.Mutex
	var all sync.WaitGroup
	for range s.order.Parallel {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(conns)) && first.Load() == nil; i = next.Add(1) - 1 {
				began := time.Now()
				conn, err := s.secure(config, int(i), l.offset)
				if err != nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				conns[i] = conn
				ready.Add(1)
				mu.Lock()
				l.report.Latency.Add(time.Since(began))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	l.secured = append(l.secured, conns[:min(int(ready.Load()), len(conns))]...)
	l.report.Sent, l.report.Received = len(conns), int(ready.Load())
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

// secure opens one connection.
func (s *securing) secure(config *tls.Config, i int, offset byte) (net.Conn, error) {
	from := &net.TCPAddr{IP: net.IPv4(127, 1+offset, byte(i%64), 3)}
	conn, err := (&net.Dialer{LocalAddr: from, Timeout: secureTimeout}).Dial("tcp", s.order.Address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(secureTimeout)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secure := tls.Client(conn, config)
	_, err = fmt.Fprintf(secure, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", s.order.Path, s.order.Host, sampleKey)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	status, err := bufio.NewReaderSize(secure, 512).ReadString('\n') // the rest is never asked for
	if err == nil && !strings.Contains(status, " 101 ") {
		err = errors.New(status)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}
