package websocket_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"gangway/internal/loop"
	"gangway/internal/websocket"
)

// loops are what the engine under test runs on; nil: on goroutines that wait.
var loops *loop.Loops

// encrypted says that connections over TCP are made with TLS.
var encrypted bool

// TestMain runs all tests on goroutines that wait, and then, where there are any, on event loops, without TLS and with it.
func TestMain(m *testing.M) {
	flag.Parse()
	code := 0
	for _, engine := range engines() {
		var err error
		encrypted = engine == "tls"
		if engine != "waiting" && loops == nil {
			if loops, err = loop.New(2); errors.Is(err, errors.ErrUnsupported) {
				continue
			}
		}
		if err == nil {
			fmt.Fprintln(os.Stderr, "engine:", engine)
			code = max(code, m.Run())
		}
	}
	if loops != nil {
		loops.Close()
	}
	os.Exit(code)
}

// engines are those to test: one that was asked for, or all. Fuzz targets do not know one from the other.
func engines() []string {
	if fuzz := flag.Lookup("test.fuzz"); fuzz != nil && fuzz.Value.String() != "" {
		return []string{"waiting"}
	}
	if only := os.Getenv("GANGWAY_TEST_ENGINE"); only != "" {
		return []string{only}
	}
	return []string{"waiting", "loop", "tls"}
}

// giving is a response writer that gives its connection away as the HTTP server below it does that runs on event loops.
type giving struct {
	http.ResponseWriter
	conn   *net.TCPConn
	in     *bufio.Reader
	on     *loop.Loops
	before loop.Handler
}

// TakeOver is what Accept looks for.
func (g giving) TakeOver(answer []byte) (*loop.Socket, net.Conn, []byte, error) {
	fd, err := descriptor(g.conn)
	if err != nil {
		return nil, nil, nil, err
	}
	socket, err := g.on.Attach(fd, g.before)
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := socket.Write(answer); err != nil {
		_ = socket.Close()
		return nil, nil, nil, err
	}
	behind, err := g.in.Peek(g.in.Buffered())
	return socket, nil, behind, err
}

// secured makes both ends of a connection speak TLS.
func secured(tb testing.TB, ours, theirs net.Conn) (server, client net.Conn) {
	tb.Helper()
	return secure(tb, ours, theirs, &tls.Config{InsecureSkipVerify: true})
}

// secure is secured with the settings of the client.
func secure(tb testing.TB, ours, theirs net.Conn, settings *tls.Config) (server, client net.Conn) {
	tb.Helper()
	server, client = tls.Server(loops.Tunnel(ours), identity()), tls.Client(theirs, settings)
	done := make(chan error, 1)
	go func() { done <- server.(*tls.Conn).Handshake() }()
	if err := errors.Join(client.(*tls.Conn).Handshake(), <-done); err != nil {
		tb.Fatal(err)
	}
	return server, client
}

// identity is a certificate that nobody has to trust.
var identity = sync.OnceValue(func() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
})

// deaf is who a socket belongs to before it is handed over.
type deaf struct{}

func (deaf) Ready(*loop.Socket, []byte, loop.Events) {}

// accept serves one handshake on a connection.
func accept(s *websocket.Server, conn net.Conn, o websocket.AcceptOptions) (*websocket.Conn, error) {
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, err
	}
	if plain, ok := conn.(*net.TCPConn); ok && loops != nil {
		return s.Accept(giving{conn: plain, in: in, on: loops, before: deaf{}}, r, o)
	}
	return s.Accept(hijackable{conn: conn, in: in}, r, o)
}

// hijackable is a response writer over any connection, as net/http's is over its own.
type hijackable struct {
	http.ResponseWriter
	conn net.Conn
	in   *bufio.Reader
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.in, bufio.NewWriter(h.conn)), nil
}
