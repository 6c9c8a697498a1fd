package chat

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// maxMessage is API Gateway's limit for a message.
const maxMessage = 128 << 10

// EventPath is where the backend takes the gateway's calls; the pages for browsers are elsewhere.
const EventPath = "/events"

// A Backend is the chat as an HTTP handler: POST [EventPath] for the gateway, GET / for a page to chat on.
type Backend struct {
	// Endpoint is the management endpoint of the deployed API: https://{api}.execute-api.{region}.amazonaws.com/{stage}
	// on AWS, http://localhost:8080/{api}/{stage} on Gangway.
	Endpoint string
	// Signer signs what is posted to the endpoint.
	Signer *Signer
	// Log gets what goes wrong behind the clients' backs; nil: nobody does.
	Log *slog.Logger

	room room
}

// ServeHTTP implements [http.Handler].
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != EventPath {
		b.servePage(w, r)
		return
	}
	id, route := r.Header.Get("connectionId"), r.Header.Get("routeKey")
	if r.Method != http.MethodPost || id == "" || route == "" {
		http.Error(w, "expected a POST with the headers connectionId and routeKey", http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		http.Error(w, "the message cannot be read", http.StatusBadRequest)
		return
	}
	var said message
	if err := json.Unmarshal(body, &said); err != nil {
		said = message{} // a message that is no JSON goes to $default, which looks at nothing
	}
	b.handle(r.Context(), w, event{route: route, connection: id, message: said})
}

// event is one call of the gateway.
type event struct {
	route, connection string
	message           message
}

// message is what a client sends.
type message struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// news is what clients are sent.
type news struct {
	Type   string   `json:"type"`
	Name   string   `json:"name,omitempty"`
	Text   string   `json:"text,omitempty"`
	You    string   `json:"you,omitempty"`
	People []Member `json:"people,omitempty"`
}

func (b *Backend) handle(ctx context.Context, w http.ResponseWriter, e event) {
	if e.route == "$disconnect" {
		if name := b.room.remove(e.connection); name != "" {
			b.broadcast(ctx, news{Type: "left", Name: name})
		}
		return
	}
	name := b.room.enter(e.connection)
	switch e.route {
	case "$connect": // nothing can be pushed before the handshake is answered
	case "join":
		b.join(ctx, e)
	case "say":
		b.say(ctx, e, name)
	case "leave":
		if b.room.rename(e.connection, ""); name != "" {
			b.broadcast(ctx, news{Type: "left", Name: name})
		}
	case "who":
		b.who(w, e)
	default:
		b.complain(ctx, e, `this stage has no such route; the backend knows join (with a name), say (with a text), who and leave`)
	}
}

func (b *Backend) join(ctx context.Context, e event) {
	name := strings.TrimSpace(e.message.Name)
	if name == "" || len(name) > 40 {
		b.complain(ctx, e, `join with a name of 1 to 40 bytes: {"action": "join", "name": "ann"}`)
		return
	}
	if old := b.room.rename(e.connection, name); old != name {
		b.broadcast(ctx, news{Type: "joined", Name: name})
	}
}

func (b *Backend) say(ctx context.Context, e event, name string) {
	switch {
	case name == "":
		b.complain(ctx, e, `join first: {"action": "join", "name": "ann"}`)
	case e.message.Text == "":
		b.complain(ctx, e, `say something: {"action": "say", "text": "hello"}`)
	default:
		b.broadcast(ctx, news{Type: "said", Name: name, Text: e.message.Text})
	}
}

// who answers in the response: the route has a route response, which sends it back to the client.
func (b *Backend) who(w http.ResponseWriter, e event) {
	body, err := json.Marshal(news{Type: "who", You: e.connection, People: b.room.members()})
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // if the gateway has gone, nobody waits for it
}

// complain tells the sender, and nobody else.
func (b *Backend) complain(ctx context.Context, e event, text string) {
	b.push(ctx, e.connection, news{Type: "error", Text: text})
}
