//go:build linux

package peer

import (
	"io"
	"net/http"
	"sync"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// echoGobwas is about the least that a goroutine for each connection can do: a frame is read into one buffer and written back.
func echoGobwas(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	buffer := make([]byte, 0, 256)
	for {
		header, err := ws.ReadHeader(conn)
		if err != nil || header.OpCode == ws.OpClose {
			return
		}
		buffer = append(buffer[:0], make([]byte, header.Length)...)
		if _, err := io.ReadFull(conn, buffer); err != nil {
			return
		}
		ws.Cipher(buffer, header.Mask, 0)
		if err := ws.WriteFrame(conn, ws.NewTextFrame(buffer)); err != nil {
			return
		}
	}
}

// echoCoder is the echo server of github.com/coder/websocket's own example, without its limits.
func echoCoder(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		kind, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if err := conn.Write(r.Context(), kind, data); err != nil {
			return
		}
	}
}

// gorillaConn locks writes, as the library wants it where more than one goroutine writes.
type gorillaConn struct {
	mu sync.Mutex
	*gorilla.Conn
}

func (c *gorillaConn) send(data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.WriteMessage(gorilla.TextMessage, data)
}

func (c *gorillaConn) prepared(message *gorilla.PreparedMessage) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.WritePreparedMessage(message)
}

// gorillaPeer is the echo server of github.com/gorilla/websocket's own example.
func gorillaPeer() http.Handler {
	o := &room{members: map[string]sender{}}
	o.upgrade = func(w http.ResponseWriter, r *http.Request, enter func(sender) func()) {
		conn, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		c := &gorillaConn{Conn: conn}
		defer enter(c)()
		for {
			_, data, err := conn.ReadMessage()
			if err == nil {
				err = c.send(data)
			}
			if err != nil {
				return
			}
		}
	}
	o.broadcast = func(members map[string]sender, data []byte) error {
		message, err := gorilla.NewPreparedMessage(gorilla.TextMessage, data)
		for _, member := range members {
			if c, ok := member.(*gorillaConn); ok && err == nil {
				err = c.prepared(message)
			}
		}
		return err
	}
	return o
}

// gwsConn is a connection with the events that the library calls.
type gwsConn struct {
	gws.BuiltinEventHandler
	socket *gws.Conn
}

func (c *gwsConn) send(data []byte) error { return c.socket.WriteMessage(gws.OpcodeText, data) }

// OnMessage echoes, as in github.com/lxzan/gws's own example.
func (c *gwsConn) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer func() { _ = message.Close() }()
	_ = socket.WriteMessage(message.Opcode, message.Bytes()) // what fails is missed by the client
}

func gwsPeer() http.Handler {
	o := &room{members: map[string]sender{}}
	o.upgrade = func(w http.ResponseWriter, r *http.Request, enter func(sender) func()) {
		c := &gwsConn{}
		socket, err := gws.NewUpgrader(c, nil).Upgrade(w, r)
		if err != nil {
			return
		}
		c.socket = socket
		leave := enter(c)
		go func() { // so that the request's own buffers can go
			defer leave()
			socket.ReadLoop()
		}()
	}
	o.broadcast = func(members map[string]sender, data []byte) error {
		message := gws.NewBroadcaster(gws.OpcodeText, data)
		defer func() { _ = message.Close() }()
		for _, member := range members {
			if c, ok := member.(*gwsConn); ok {
				if err := message.Broadcast(c.socket); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return o
}
