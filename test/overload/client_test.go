//go:build linux

package overload_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// client is one end of a WebSocket connection, as small as can be: thousands of them fit into a test.
type client struct {
	net.Conn
	in *bufio.Reader
	id string // of the connection, once it was asked for
}

// visitor is how a client comes.
type visitor struct {
	tls     *tls.Config
	header  string // more lines of the handshake
	narrow  bool   // little fits between the server and this client
	behind  string // sent with the handshake
	started func() // called when there is a TCP connection
}

// closed is the end of a connection by a close frame.
type closed struct{ code int }

// Error implements error.
func (c closed) Error() string { return fmt.Sprintf("closed with %d", c.code) }

// Loopback has many addresses, and each has some 28,000 ports to come from: those of connections that were closed are not free
// again for a minute.
const sources = 32

var nextSource atomic.Uint32

// Socket options that package syscall lacks: ip(7).
const bindAddressNoPort = 24

// connect opens a TCP connection from the next address.
func (s *stage) connect(ctx context.Context, narrow bool) (net.Conn, error) {
	dialer := &net.Dialer{
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+nextSource.Add(1)%sources))},
		KeepAlive: -1,
		Control: func(_, _ string, c syscall.RawConn) error {
			var failed error
			err := c.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
				if narrow {
					// Segments are small, so the server's kernel sees no reason for a large buffer.
					failed = errors.Join(failed, syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096),
						syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536))
				}
			})
			return errors.Join(err, failed)
		},
	}
	return dialer.DialContext(ctx, "tcp", s.host)
}

// dial connects a client.
func (s *stage) dial(ctx context.Context, how visitor) (*client, error) {
	conn, err := s.connect(ctx, how.narrow)
	if err != nil {
		return nil, err
	}
	if how.started != nil {
		how.started()
	}
	if how.tls != nil {
		conn = tls.Client(conn, how.tls)
	}
	c := &client{Conn: conn, in: bufio.NewReaderSize(conn, 512)}
	if err := c.shake(s.greeting(how.header) + how.behind); err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

// greeting is a handshake; its key is the example of RFC 6455 section 1.3.
func (s *stage) greeting(more string) string {
	return "GET " + s.path + " HTTP/1.1\r\nHost: " + s.host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more + "\r\n"
}

// shake asks for the upgrade.
func (c *client) shake(greeting string) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, greeting); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("refused with %d", response.StatusCode)
	}
	return nil
}

// frame is a frame of a client, whose masking key is zero: then it is all that it would be without.
func frame(first byte, payload string) string {
	head := []byte{first, 0x80}
	switch n := len(payload); {
	case n < 126:
		head[1] |= byte(n)
	case n < 1<<16:
		head[1] |= 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	default:
		head[1] |= 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	return string(head) + "\x00\x00\x00\x00" + payload
}

// First bytes of frames: those that are whole.
const (
	text  = 0x81
	ping  = 0x89
	pong  = 0x8a
	final = 0x80
)

// say sends a text.
func (c *client) say(message string) error { return c.write(frame(text, message)) }

func (c *client) write(bytes string) error {
	_ = c.SetWriteDeadline(time.Now().Add(patience)) // if it fails, so does writing
	_, err := io.WriteString(c, bytes)
	return err
}

// hear is the next message. On the way pings are answered. A close frame is the error closed.
func (c *client) hear() (string, error) {
	_ = c.SetReadDeadline(time.Now().Add(patience)) // if it fails, so does reading
	message := ""
	for {
		first, payload, err := c.next()
		switch {
		case err != nil:
			return "", err
		case first == ping:
			if err := c.write(frame(pong, payload)); err != nil {
				return "", err
			}
		case first == pong:
		case first&0x0f == 8 && len(payload) >= 2:
			return "", closed{int(payload[0])<<8 | int(payload[1])}
		default:
			if message += payload; first&final != 0 {
				return message, nil
			}
		}
	}
}

// next is the next frame.
func (c *client) next() (first byte, payload string, err error) {
	var head [10]byte
	if _, err := io.ReadFull(c.in, head[:2]); err != nil {
		return 0, "", err
	}
	length, more := uint64(head[1]), 0
	switch length {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if more > 0 {
		if _, err := io.ReadFull(c.in, head[10-more:]); err != nil {
			return 0, "", err
		}
		length = binary.BigEndian.Uint64(head[2:]) & (1<<(8*more-1)<<1 - 1)
	}
	data := make([]byte, length)
	_, err = io.ReadFull(c.in, data)
	return head[0], string(data), err
}

// ask says something and hears the answer.
func (c *client) ask(message string) (string, error) {
	if err := c.say(message); err != nil {
		return "", err
	}
	return c.hear()
}

// identify asks for the id of the connection.
func (c *client) identify() (err error) {
	c.id, err = c.ask(`{"action":"name"}`)
	return err
}

// drop ends the connection without a word.
func (c *client) drop() { _ = c.Close() }

// reset ends the connection as one does that has crashed.
func (c *client) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
