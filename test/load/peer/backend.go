//go:build linux

package peer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"

	"gangway/test/load/poll"
)

// forward sends a message to the backend on a connection of its own for as long as it takes.
func (l *limit) forward(fd int32, payload []byte) {
	if l.backend == nil {
		return
	}
	var up int32
	if n := len(l.idle); n > 0 {
		up, l.idle = l.idle[n-1], l.idle[:n-1]
	} else {
		made, err := poll.DialNow(l.backend)
		if err != nil || made >= len(l.conns) {
			return
		}
		up = int32(made)
		l.add(up)
	}
	l.conns[up] = record{upstream, fd}
	var space [1024]byte
	message := append(space[:0], "POST /message HTTP/1.1\r\nHost: backend\r\nContent-Type: application/json\r\nContent-Length: "...)
	message = strconv.AppendInt(message, int64(len(payload)), 10)
	message = append(append(message, "\r\n\r\n"...), payload...)
	l.write(up, message)
}

// answer gives the backend's answer to the client that waits for it.
func (l *limit) answer(up int32, data []byte) []byte {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return data
	}
	length := contentLength(data[:end])
	if len(data) < end+4+length || length > 125 {
		return data
	}
	var space [256]byte
	message := append(append(space[:0], 0x81, byte(length)), data[end+4:end+4+length]...)
	l.write(l.conns[up].client, message)
	l.idle = append(l.idle, up)
	return data[end+4+length:]
}

// The answers of the backend: to a message, to the invocation of an authorizer, and to events of a WebSocket over HTTP.
var (
	backendReply = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n" + string(bytes.Repeat([]byte{'b'}, 64)))
	policy       = `{"principalId":"user-4711","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow",` +
		`"Resource":"arn:aws:execute-api:*:*:*"}]},"context":{"tenant":"acme","role":"member","name":"Some Body"}}`
	authorized = withLength("application/json", policy)
	event      = withLength("application/websocket-events", "TEXT 42\r\nm:"+string(bytes.Repeat([]byte{'b'}, 64))+"\r\n")
	closed     = withLength("application/websocket-events", "DISCONNECT\r\n")
)

func withLength(contentType, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
}

// opened has Pushpin subscribe a new connection to a channel of its own.
func opened(number int) []byte {
	control := fmt.Sprintf(`c:{"type": "subscribe", "channel": "%d"}`, number)
	return withLength("application/websocket-events\r\nSec-WebSocket-Extensions: grip", fmt.Sprintf("OPEN\r\nTEXT %x\r\n%s\r\n", len(control), control))
}

// serveBackend answers requests of HTTP at once and always in the same way. It takes the part of the backend, of the function that
// authorizes (the Invoke operation of AWS Lambda), and of a backend that speaks WebSocket events over HTTP as Pushpin sends them.
func serveBackend(ctx context.Context, out io.Writer) error {
	l, err := newLoop()
	if err != nil {
		return err
	}
	return l.serve(ctx, out, func(fd int32, data []byte) []byte {
		l.out = l.out[:0]
		for {
			head, body, rest, ok := cutRequest(data)
			if !ok {
				break
			}
			l.out, data = append(l.out, answerTo(head, body)...), rest
		}
		if len(l.out) > 0 {
			l.write(fd, l.out)
		}
		return data
	})
}

// cutRequest cuts one request off data.
func cutRequest(data []byte) (head, body, rest []byte, ok bool) {
	head, rest, ok = bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return nil, nil, data, false
	}
	length := anyContentLength(head)
	if len(rest) < length {
		return nil, nil, data, false
	}
	return head, rest[:length], rest[length:], true
}

// anyContentLength reads the header however it is written.
func anyContentLength(head []byte) int {
	if n := contentLength(head); n > 0 {
		return n
	}
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("content-length")) {
			n, _ := strconv.Atoi(string(bytes.TrimSpace(value))) // an unreadable one is none
			return max(0, n)
		}
	}
	return 0
}

// answerTo is what the backend says to a request.
func answerTo(head, body []byte) []byte {
	switch {
	case bytes.HasPrefix(head, []byte("POST /2015-03-31/functions/")):
		return authorized
	case bytes.HasPrefix(body, []byte("OPEN\r\n")):
		return opened(lastNumber(head))
	case bytes.HasPrefix(body, []byte("TEXT ")):
		return event
	case bytes.HasPrefix(body, []byte("CLOSE")), bytes.HasPrefix(body, []byte("DISCONNECT")):
		return closed
	default:
		return backendReply
	}
}
