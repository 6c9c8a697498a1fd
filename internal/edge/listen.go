package edge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"

	"gangway/internal/gateway"
)

// Listen makes the connections of l remember the header of a request until it is answered, for [ConnContext]. If clients
// come by TLS, l must be the listener that speaks it, so that what is remembered is what they said.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements [net.Listener].
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recorder{Conn: c}, nil
}

// ConnContext is for the field of that name of the [http.Server] that serves such a listener.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if r, ok := c.(*recorder); ok {
		return context.WithValue(ctx, recorderKey{}, r)
	}
	return ctx
}

type recorderKey struct{}

// remembered is how many bytes of a request are kept: more than a header may have.
const remembered = 16 << 10

// recorder remembers what was read from a connection since something was last written to it.
type recorder struct {
	net.Conn

	mu    sync.Mutex
	read  []byte
	stale bool // something was written since
	over  bool // nothing is remembered any more
}

// Read implements [net.Conn].
func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || n <= 0 {
		return n, err
	}
	if r.stale {
		r.read, r.stale = r.read[:0], false
	}
	r.read = append(r.read, p[:min(n, remembered-len(r.read))]...)
	return n, err
}

// Write implements [net.Conn].
func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.stale = true
	r.mu.Unlock()
	return r.Conn.Write(p)
}

// forget ends the remembering.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read, r.over = nil, true
}

// hijacker gives the engine the socket itself, so that nothing stands between it and the kernel.
type hijacker struct {
	http.ResponseWriter
	taken bool
}

// Hijack implements [http.Hijacker].
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.taken = err == nil
	if r, ok := c.(*recorder); ok {
		r.forget()
		c = r.Conn
		if wrapped, ok := c.(interface{ Unwrap() net.Conn }); ok {
			c = wrapped.Unwrap()
		}
	}
	return c, buffered, err
}

// Unwrap is for [http.ResponseController].
func (h *hijacker) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// recorderOf is the recorder of the connection by which a request came, or nil.
func recorderOf(r *http.Request) *recorder {
	recorder, _ := r.Context().Value(recorderKey{}).(*recorder)
	return recorder
}

// Secured tells a handler by r.TLS of requests that came by TLS, where the listener below takes plain text as well.
func Secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if recorder := recorderOf(r); recorder != nil && r.TLS == nil {
			if c, ok := recorder.Conn.(interface {
				Secure() (tls.ConnectionState, bool)
			}); ok {
				if state, secure := c.Secure(); secure {
					r.TLS = &state
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// spelledHeader is the header of a request as the client wrote it, or nil if that is not known for certain: what was
// remembered must say the same as what net/http has read.
func spelledHeader(r *http.Request) gateway.Params {
	recorder := recorderOf(r)
	if recorder == nil {
		return nil
	}
	recorder.mu.Lock()
	head, _, whole := bytes.Cut(recorder.read, []byte("\r\n\r\n"))
	text := string(head)
	recorder.mu.Unlock()
	if !whole {
		return nil
	}
	fields := parseHeader(text)
	if !agrees(fields, r) {
		return nil
	}
	return fields
}

// parseHeader reads the lines after the first. A line that is no field is left out; then the header will not agree.
func parseHeader(head string) gateway.Params {
	_, lines, _ := strings.Cut(head, "\r\n")
	fields := make(gateway.Params, 0, strings.Count(lines, "\r\n")+1)
	for line := range strings.SplitSeq(lines, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if ok {
			fields = append(fields, gateway.Param{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return fields
}

// agrees says whether fields, put as net/http puts them, are the header of r.
func agrees(fields gateway.Params, r *http.Request) bool {
	header, host := make(http.Header, len(r.Header)), ""
	for _, field := range fields {
		if strings.EqualFold(field.Name, "Host") {
			host = field.Value
			continue
		}
		name := textproto.CanonicalMIMEHeaderKey(field.Name)
		header[name] = append(header[name], field.Value)
	}
	return host == r.Host && maps.EqualFunc(header, r.Header, slices.Equal[[]string])
}
