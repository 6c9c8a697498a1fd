package conformance_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

// client is one end of a WebSocket connection. What comes in is kept in order.
type client struct {
	items chan string
	ws    *websocket.Conn // or
	raw   net.Conn
}

// closing is how the end of a connection reads among the items.
func closing(code int, reason string) string {
	if code == 0 || code == int(websocket.StatusAbnormalClosure) {
		return "close 1006"
	}
	return fmt.Sprintf("close %d %s", code, reason)
}

// handshake is what a client asks for.
type handshake struct {
	url    string
	header http.Header
	raw    bool // frames are written by hand
}

// refusal is an answer to a handshake that is not 101.
type refusal struct{ *answer }

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("refused with %d %s", r.status, r.body) }

// dial opens a connection. If the server refuses, the error is a refusal.
func dial(ctx context.Context, in handshake) (*client, http.Header, error) {
	if in.raw {
		return dialRaw(ctx, in)
	}
	var offered []string
	in.header = in.header.Clone()
	for name, values := range in.header {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			offered = values
			delete(in.header, name)
		}
	}
	conn, response, err := websocket.Dial(ctx, in.url, &websocket.DialOptions{
		HTTPHeader: in.header, Host: in.header.Get("Host"), Subprotocols: offered,
	})
	if err != nil {
		if response == nil {
			return nil, nil, err
		}
		body, _ := io.ReadAll(response.Body)
		return nil, nil, &refusal{&answer{response.StatusCode, response.Header, body}}
	}
	conn.SetReadLimit(-1)
	c := &client{items: make(chan string, 4096), ws: conn}
	go c.read(context.WithoutCancel(ctx))
	return c, response.Header, nil
}

// read takes what comes until the connection ends.
func (c *client) read(ctx context.Context) {
	defer close(c.items)
	for {
		kind, data, err := c.ws.Read(ctx)
		if err != nil {
			if ended, ok := errors.AsType[websocket.CloseError](err); ok {
				c.items <- closing(int(ended.Code), ended.Reason)
			} else {
				c.items <- closing(0, "")
			}
			return
		}
		if kind == websocket.MessageBinary {
			c.items <- "binary " + string(data)
			continue
		}
		c.items <- string(data)
	}
}

// key of a handshake by hand: the example of RFC 6455 section 1.3.
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

func dialRaw(ctx context.Context, in handshake) (*client, http.Header, error) {
	target, err := url.Parse(in.url)
	if err != nil {
		return nil, nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", target.Host)
	if err != nil {
		return nil, nil, err
	}
	header := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {sampleKey},
	}
	host := target.Host
	for name, values := range in.header {
		switch {
		case name == "Host":
			host = values[0]
		case values[0] == "":
			header.Del(name)
		default:
			header[name] = values
		}
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n", target.RequestURI(), host); err != nil {
		return nil, nil, err
	}
	if err := header.Write(conn); err != nil {
		return nil, nil, err
	}
	if _, err := io.WriteString(conn, "\r\n"); err != nil {
		return nil, nil, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, err
	}
	in2 := bufio.NewReader(conn)
	response, err := http.ReadResponse(in2, nil)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		_ = conn.Close()
		return nil, nil, &refusal{&answer{response.StatusCode, response.Header, body}}
	}
	c := &client{items: make(chan string, 4096), raw: conn}
	go c.readFrames(in2)
	return c, response.Header, nil
}

// readFrames shows every frame as it is: "text fin 5 hello".
func (c *client) readFrames(in io.Reader) {
	defer close(c.items)
	for {
		header, err := ws.ReadHeader(in)
		payload := make([]byte, header.Length)
		if err == nil {
			_, err = io.ReadFull(in, payload)
		}
		if err != nil {
			c.items <- "end"
			return
		}
		c.items <- describe(ws.Frame{Header: header, Payload: payload})
	}
}

// opcodes by name.
var opcodes = map[string]ws.OpCode{
	"continuation": ws.OpContinuation, "text": ws.OpText, "binary": ws.OpBinary, "close": ws.OpClose, "ping": ws.OpPing, "pong": ws.OpPong,
	"reserved3": 3, "reserved11": 11,
}

func describe(frame ws.Frame) string {
	name := "opcode " + strconv.Itoa(int(frame.Header.OpCode))
	for text, code := range opcodes {
		if code == frame.Header.OpCode {
			name = text
		}
	}
	switch {
	case frame.Header.Masked:
		name = "masked " + name
	case frame.Header.OpCode == ws.OpClose && len(frame.Payload) >= 2:
		code, reason := ws.ParseCloseFrameData(frame.Payload)
		return closing(int(code), reason)
	}
	if !frame.Header.Fin {
		name = "part " + name
	}
	if len(frame.Payload) > 200 {
		return fmt.Sprintf("%s of %d bytes", name, len(frame.Payload))
	}
	return name + " " + string(frame.Payload)
}

// next is the next item.
func (c *client) next() (string, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case item, ok := <-c.items:
		if !ok {
			return "", errors.New("the connection has ended")
		}
		return item, nil
	case <-timer.C:
		return "", errors.New("nothing came")
	}
}

// drop ends the TCP connection without a word.
func (c *client) drop() {
	if c.raw != nil {
		_ = c.raw.Close()
		return
	}
	_ = c.ws.CloseNow()
}
