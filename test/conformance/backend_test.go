package conformance_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// invocations is the path at which a Lambda function is invoked.
const invocations = "/2015-03-31/functions/"

// backend is an HTTP server and a Lambda Invoke API in one. It records what it is asked, and answers as it is told.
type backend struct {
	*httptest.Server
	received chan *call

	mu     sync.Mutex // guards what follows
	reply  func(*call) reply
	hold   chan struct{}     // while not nil, nothing is answered before it is closed
	idOf   map[string]string // connection id by the name of the client
	closed chan struct{}
}

// call is a request that came in.
type call struct {
	method, uri string
	header      http.Header
	body        string
}

// reply is what is answered.
type reply struct {
	status int
	header http.Header
	body   string
}

func newBackend() *backend {
	b := &backend{received: make(chan *call, 4096), idOf: map[string]string{}, closed: make(chan struct{})}
	b.reply = func(c *call) reply {
		if c.function() != "" {
			return reply{status: http.StatusOK, body: `{"statusCode":200}`}
		}
		return reply{status: http.StatusOK}
	}
	b.Server = httptest.NewServer(b)
	return b
}

// stop ends the server, whatever it is doing.
func (b *backend) stop() {
	close(b.closed)
	b.CloseClientConnections()
	b.Close()
}

// ServeHTTP implements http.Handler.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	header := maps.Clone(r.Header)
	header.Set("Host", r.Host)
	c := &call{r.Method, r.URL.RequestURI(), header, string(body)}
	b.mu.Lock()
	b.learn(c)
	respond, hold := b.reply, b.hold
	b.mu.Unlock()
	b.received <- c
	if hold != nil {
		select {
		case <-hold:
		case <-b.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
	answer := respond(c)
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.body)
}

// learn notes which connection belongs to which client: clients of the tests give their names as User-Agent.
func (b *backend) learn(c *call) {
	name, id := c.header.Get("Client"), c.header.Get("Connectionid")
	if event := c.event(); event != nil {
		context, _ := event["requestContext"].(map[string]any)
		identity, _ := context["identity"].(map[string]any)
		name, _ = identity["userAgent"].(string)
		id, _ = context["connectionId"].(string)
	}
	if name != "" && id != "" {
		b.idOf[name] = id
	}
}

// connectionID is the id of a client's connection, once a backend has heard of it.
func (b *backend) connectionID(name string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, ok := b.idOf[name]
	return id, ok
}

// replies sets what is answered from now on.
func (b *backend) replies(r func(*call) reply) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reply = r
}

// holds keeps answers back until releases.
func (b *backend) holds() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hold == nil {
		b.hold = make(chan struct{})
	}
}

func (b *backend) releases() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hold != nil {
		close(b.hold)
		b.hold = nil
	}
}

// function is the name of the Lambda function that is invoked, or empty.
func (c *call) function() string {
	rest, ok := strings.CutPrefix(c.uri, invocations)
	if !ok {
		return ""
	}
	arn := strings.TrimSuffix(rest, "/invocations")
	arn = strings.NewReplacer("%3A", ":", "%3a", ":").Replace(arn)
	_, name, _ := strings.Cut(arn, ":function:")
	return name
}

// event is what a function is invoked with, or nil.
func (c *call) event() map[string]any {
	if c.function() == "" {
		return nil
	}
	var event map[string]any
	if json.Unmarshal([]byte(c.body), &event) != nil {
		return nil
	}
	return event
}
