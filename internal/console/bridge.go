package console

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"gangway/internal/access"
	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

const (
	mostBridges   = 100              // of a session
	speechTime    = time.Minute      // in which a page has to say where it wants to go
	handshakeTime = 90 * time.Second // an authorizer and $connect

	// maxFrame is for messages as they stand in JSON, and leaves those to be tried that an API refuses.
	maxFrame = 1 << 20
	// maxQueue has room for one message and its brackets, whatever stands in it.
	maxQueue = 8 * maxFrame
	// maxDataFrame has messages leave in such frames as an API takes: "Quotas for configuring and running a WebSocket API" in the
	// API Gateway developer guide.
	maxDataFrame = 32 << 10
)

// bridges are the WebSockets of pages, and for each the connection to the data listener.
type bridges struct {
	console *Console
	sockets *websocket.Server // of pages
	data    sync.WaitGroup    // the other ends; one is added only while its page's end is open
}

func newBridges(c *Console) *bridges {
	b := &bridges{console: c}
	b.sockets = websocket.NewServer(pageEnd{}, websocket.Options{
		MaxFrame: maxFrame, MaxMessage: maxFrame, QueueBytes: maxQueue, Idle: -1, Lifetime: -1, Stall: time.Minute,
		Logger: c.cfg.Log,
	})
	return b
}

// wait returns when both ends of all bridges are closed. The sessions are over.
func (b *bridges) wait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, parting)
	defer cancel()
	_ = b.sockets.Shutdown(ctx) // only says that ctx has ended
	b.data.Wait()
}

// serveConnect opens a bridge.
func (c *Console) serveConnect(w http.ResponseWriter, r *http.Request) error {
	if err := checkOrigin(r, true); err != nil {
		return err
	}
	s, _, err := c.admit(r, tokenOf(r))
	if err != nil {
		return err
	}
	api, stage := r.URL.Query().Get("apiId"), r.URL.Query().Get("stage")
	if api == "" || stage == "" {
		return refuse(http.StatusBadRequest, "Expected apiId and stage")
	}
	if bad := websocket.CheckHandshake(r); bad != nil {
		return &refusal{status: bad.Status, message: bad.Message, header: bad.Header}
	}
	if !c.sessions.enter(s) {
		return refuse(http.StatusTooManyRequests, "The session has too many connections open")
	}
	b := &bridge{
		console: c, session: s, api: api, stage: stage,
		from: whereabouts{r.UserAgent(), r.RemoteAddr, r.TLS != nil, access.Facts(r, c.cfg.Now())},
	}
	_, err = c.bridges.sockets.Accept(w, r, websocket.AcceptOptions{Header: protections, Subprotocol: bridgeProtocol, User: b})
	if err == nil {
		return nil
	}
	c.sessions.leave(s)
	switch {
	case errors.Is(err, websocket.ErrServerClosed):
		return refuse(http.StatusServiceUnavailable, "The node is stopping")
	case errors.Is(err, errors.ErrUnsupported):
		return err
	default:
		return nil // the browser is lost
	}
}

// bridge is a page's WebSocket with the connection it stands for.
type bridge struct {
	console    *Console
	session    *session
	api, stage string
	from       whereabouts

	page   *websocket.Conn
	forget func() bool // that the session's end is of interest

	mu    sync.Mutex
	begun context.CancelFunc // the handshake; nil: not begun
	data  *websocket.Conn    // nil: there was no handshake, or it is not done
	over  bool               // nobody wants a connection any more
}

// whereabouts are those of the person at a page.
type whereabouts struct {
	agent, remote string
	secure        bool
	facts         map[string][]string // for conditions of policies
}

// ActionConnect is what a policy must allow to who tries an API from the console: the node connects, which may be let in where the
// person is not.
const ActionConnect = "gangway:Connect"

// may makes sure that who is signed in may try the API.
func (b *bridge) may() error {
	caller, ok := b.console.cfg.Callers.Caller(b.session.keyID)
	if !ok {
		return errNobody
	}
	cfg := &b.console.cfg
	resource := "arn:aws:gangway:" + cfg.Region + ":" + cfg.Account + ":apis/" + b.api + "/connect"
	return caller.Authorize(ActionConnect, resource, b.from.facts)
}

// tell sends a frame to the page. Whether it arrives is the page's business.
func (b *bridge) tell(frame any) { _ = b.page.Send(websocket.Text, encode(frame), nil) }

// fail says what is wrong and goes on.
func (b *bridge) fail(err error) { b.tell(errorFrame{"error", err.Error()}) }

// evict ends a bridge whose session is over.
func (b *bridge) evict() {
	b.tell(errorFrame{"error", "the session has ended"})
	b.page.Close(websocket.StatusPolicy, "session ended")
	b.hangUp()
}

// hangUp ends the connection, or the handshake, now or as soon as it is there.
func (b *bridge) hangUp() {
	b.mu.Lock()
	b.over = true
	cancel, data := b.begun, b.data
	b.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if data != nil {
		data.Close(websocket.StatusGoingAway, "")
	}
}

// pageEnd is told what happens on the WebSockets of pages.
type pageEnd struct{}

// Open implements [websocket.Handler].
func (pageEnd) Open(conn *websocket.Conn) {
	b := bridgeOf(conn)
	b.page = conn
	conn.CloseAt(time.Now().Add(speechTime), websocket.StatusPolicy, "nothing was asked for")
	b.forget = b.session.whenOver(b.evict)
}

// Message implements [websocket.Handler].
func (pageEnd) Message(conn *websocket.Conn, _ websocket.Opcode, payload []byte) {
	b := bridgeOf(conn)
	if !b.console.sessions.use(b.session) {
		b.evict()
		return
	}
	frame, err := read(payload)
	if err == nil {
		err = b.obey(frame)
	}
	if err != nil {
		b.fail(err)
	}
}

// Close implements [websocket.Handler].
func (pageEnd) Close(conn *websocket.Conn, _ websocket.Status, _ string) {
	b := bridgeOf(conn)
	b.forget()
	b.console.sessions.leave(b.session)
	b.hangUp()
}

func bridgeOf(conn *websocket.Conn) *bridge { return conn.User().(*bridge) }

// obey does what a page asks for.
func (b *bridge) obey(frame *asked) error {
	if frame.Type == "connect" {
		return b.connect(frame)
	}
	b.mu.Lock()
	data := b.data
	b.mu.Unlock()
	switch {
	case data == nil:
		return errors.New("there is no connection yet")
	case frame.Type == "close":
		status := websocket.StatusNormal
		if frame.Code != nil {
			status = *frame.Code
		}
		data.Close(status, frame.Reason)
		return nil
	default:
		pass(b.page, data, websocket.Text, []byte(frame.Data))
		return nil
	}
}

// pass sends a message that has come from one connection to another, and reads no more from the one until the other has taken it.
func pass(from, to *websocket.Conn, op websocket.Opcode, payload []byte) {
	from.Pause()
	if to.Send(op, payload, func(error) { from.Resume() }) != nil {
		from.Resume() // it is closed, of which more is heard from itself
	}
}

// connect begins a handshake with the data listener.
func (b *bridge) connect(frame *asked) error {
	request, err := frame.request(hostOf(b.console.cfg.DataURL), b.api, b.stage, b.from.agent)
	if err != nil {
		return err
	}
	if err := b.may(); err != nil {
		return err
	}
	if frame.Sign {
		key, ok := b.console.sessions.present(b.session)
		if !ok {
			return errNobody
		}
		sigv4.Sign(request, nil, key, b.console.cfg.Region, "execute-api", time.Now())
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	b.mu.Lock()
	again := b.begun != nil || b.over
	if !again {
		b.begun = cancel
	}
	b.mu.Unlock()
	if again {
		cancel()
		return errors.New("there is a connection already, or there was one")
	}
	b.page.CloseAt(time.Time{}, 0, "")
	b.console.bridges.data.Add(1)
	go func() {
		defer cancel()
		b.dial(ctx, request, frame.Subprotocols)
	}()
	return nil
}

// dial makes the handshake and tells the page what came of it.
func (b *bridge) dial(ctx context.Context, request *http.Request, subprotocols []string) {
	header := request.Header
	header.Set("Host", request.Host)
	conn, response, err := websocket.Dial(ctx, request.URL.String(), dataEnd{b}, websocket.DialOptions{
		Header: header, Subprotocols: subprotocols,
		Options: websocket.Options{MaxMessage: maxFrame, MaxFrame: maxFrame, WriteFrame: maxDataFrame, Logger: b.console.cfg.Log},
		NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return b.console.cfg.Dial(ctx, b.from.remote, b.from.secure)
		},
	})
	if response != nil {
		defer func() { _ = response.Body.Close() }() // it is in memory
	}
	if err != nil {
		b.console.bridges.data.Done()
		b.refused(response, err)
		return
	}
	b.mu.Lock()
	b.data = conn
	over := b.over
	b.mu.Unlock()
	if over {
		conn.Close(websocket.StatusGoingAway, "")
		return
	}
	b.tell(openFrame{"open", flat(response.Header)})
	conn.Resume()
}

// refused tells the page of a handshake that has failed, and is done.
func (b *bridge) refused(response *http.Response, err error) {
	if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body) // what there is of it
		b.tell(refusedFrame{"refused", response.StatusCode, flat(response.Header), strings.ToValidUTF8(string(body), "\uFFFD")})
	} else {
		b.fail(err)
	}
	b.page.Close(websocket.StatusNormal, "")
}

// dataEnd is told what happens on a connection to the data listener.
type dataEnd struct{ *bridge }

// Open implements [websocket.Handler]. The page is told of the handshake before anything else.
func (dataEnd) Open(conn *websocket.Conn) { conn.Pause() }

// Message implements [websocket.Handler].
func (d dataEnd) Message(conn *websocket.Conn, op websocket.Opcode, payload []byte) {
	frame := messageFrame{"message", string(payload), op == websocket.Binary}
	if frame.Binary {
		frame.Data = base64.StdEncoding.EncodeToString(payload)
	}
	pass(conn, d.page, websocket.Text, encode(frame))
}

// Close implements [websocket.Handler].
func (d dataEnd) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	d.tell(closedFrame{"closed", status, reason})
	d.page.Close(websocket.StatusNormal, "")
	d.console.bridges.data.Done()
}
