package node_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/node"
	"gangway/internal/websocket"
)

// While memory is short no client is let in, and while there is none left nobody is; those who are there stay.
func TestShed(t *testing.T) {
	for name, portable := range map[string]bool{"loop": false, "portable": true} {
		t.Run(name, func(t *testing.T) {
			f := &followed{t: t, portable: portable}
			f.begin(t.TempDir())
			heard := make(listener, 1)
			conn, status := f.dial(heard, nil)
			if conn == nil {
				t.Fatal(status)
			}
			f.Press(node.Crowded)
			f.mustRefuse()
			push := strings.Replace(f.DataURL(), "ws", "http", 1) + "/" + f.api + "/prod/@connections/R0oXAdfD0kwCH6w="
			if status, _ := call(t, f.key, "execute-api", http.MethodPost, push, "x"); status != http.StatusGone {
				t.Errorf("a push while clients are refused: %d", status)
			}
			f.Press(node.Full)
			f.mustRefuse()
			if status, _ := call(t, f.key, "execute-api", http.MethodPost, push, "x"); status != http.StatusServiceUnavailable {
				t.Errorf("a push while everybody is refused: %d", status)
			}
			if err := conn.Send(websocket.Text, []byte("ping"), nil); err != nil {
				t.Fatal(err)
			}
			if got := <-heard; got != "pong" {
				t.Errorf("heard %q", got)
			}
			f.Press(node.Relaxed)
			f.mustDial(http.StatusSwitchingProtocols)
		})
	}
}

// mustRefuse wants a handshake to be answered with 503 and the connection to be closed, though the client keeps it.
func (f *followed) mustRefuse() {
	f.t.Helper()
	host := strings.TrimPrefix(f.DataURL(), "ws://")
	conn, err := new(net.Dialer).DialContext(f.t.Context(), "tcp", host)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // the node has closed it
	_, _ = io.WriteString(conn, "GET /"+f.api+"/prod HTTP/1.1\r\nHost: "+host+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	wait, bad := strconv.Atoi(response.Header.Get("Retry-After"))
	if response.StatusCode != http.StatusServiceUnavailable || string(body) != `{"message":"Service Unavailable"}` || wait < 1 || wait > 10 || errors.Join(err, bad) != nil {
		f.t.Errorf("got %s %v %s, %v", response.Status, response.Header, body, errors.Join(err, bad))
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		f.t.Errorf("the connection goes on: %v", err)
	}
	samples := scrape(f.t, f.AdminURL())
	if !strings.Contains(samples, `status="503"`) {
		f.t.Error("nobody was counted who was refused")
	}
}

func scrape(t *testing.T, admin string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A listener takes nobody while descriptors are few, and can be closed meanwhile.
func TestReserving(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // nothing is said
	none := node.Reserving(l, 0)
	ended := make(chan error, 1)
	go func() {
		_, err := none.Accept()
		ended <- err
	}()
	some, err := node.Reserving(l, 1<<20).Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = some.Close() // as above
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("without descriptors: %v", err)
	}
}

// However few descriptors there are, some are for clients.
func TestClientsWithin(t *testing.T) {
	for limit, want := range map[int]int{8: 4, 64: 32, 256: 128, 512: 384, 1024: 896, 1 << 30: 1<<30 - 128} {
		if got := node.ClientsWithin(limit); got != want {
			t.Errorf("%d of %d, want %d", got, limit, want)
		}
	}
}
