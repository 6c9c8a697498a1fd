package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"
)

// peers are the echo servers that the gateway is compared with.
var peers = map[string]http.HandlerFunc{"raw": echoRaw, "gorilla": echoGorilla, "coder": echoCoder}

// servePeer is an echo server until ctx ends; it says first where it is.
func servePeer(ctx context.Context, name string, out io.Writer) error {
	handler, ok := peers[name]
	if !ok {
		return fmt.Errorf("there is no peer %q", name)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: handler}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_ = server.Serve(listener) // it ends when ctx does
	return nil
}

// echoRaw is about the least that a goroutine for each connection can do: a frame is read into one buffer and written back.
func echoRaw(w http.ResponseWriter, r *http.Request) {
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

// echoGorilla is the echo server of github.com/gorilla/websocket's own example.
func echoGorilla(w http.ResponseWriter, r *http.Request) {
	conn, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, data); err != nil {
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
