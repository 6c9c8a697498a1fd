package control

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/tail"
)

// stream is an answer that goes on until the client leaves.
type stream func(ctx context.Context, w http.ResponseWriter) error

// heartbeat is how often a stream says that it is there: a client, or what is between, may take silence for the end.
const heartbeat = 15 * time.Second

// tailAPI streams what happens on an API, one server-sent event each (the HTML standard, "Server-sent events").
func tailAPI(c *call) (any, error) {
	if c.Tail == nil {
		return nil, gateway.Errorf(gateway.ErrInvalid, "There is nothing to watch here")
	}
	api, err := c.watched()
	if err != nil {
		return nil, err
	}
	filter := tail.Filter{
		Whole: c.query.Get("bodies") == "whole", Silent: c.query.Get("lines") == "none",
		API: api.ID(), Stage: c.query.Get("stageName"), Connection: gateway.ConnectionID(c.query.Get("connectionId")),
	}
	end, err := c.turn(c.bounds.tails)
	if err != nil {
		return nil, err
	}
	return stream(func(ctx context.Context, w http.ResponseWriter) error {
		defer end()
		return c.follow(ctx, w, c.Tail.Subscribe(filter))
	}), nil
}

// stillMay says whether the caller may go on: who is deleted, or loses the permission, sees nothing from then on.
func (c *call) stillMay() error {
	key, known := c.Callers.Key(c.caller.AccessKeyID)
	caller, ok := c.Callers.Caller(c.caller.AccessKeyID)
	if !known || !ok || !key.Expires.IsZero() && !c.Now().Before(key.Expires) {
		return errUnknownCaller
	}
	c.caller = caller
	if err := c.authorize(); err != nil {
		return err
	}
	return c.may(get, gateway.Key("").Child("apis", c.param["apiId"]))
}

// follow writes events until the server ends, the client has left, or may watch no longer.
func (c *call) follow(ctx context.Context, w http.ResponseWriter, events *tail.Subscription) error {
	defer events.Close()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // a body has been read, or there was none
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	text := []byte(": watching\n\n")
	for {
		if err := c.stillMay(); err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(heartbeat)) // if it fails, so will the writing
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := control.Flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return nil
		case <-beat.C:
			text = []byte(":\n\n")
		case event := <-events.Events:
			text = append(append([]byte("data: "), event...), "\n\n"...)
		}
		if missed := events.Missed(); missed > 0 {
			text = append(text, "event: missed\ndata: "+strconv.FormatInt(missed, 10)+"\n\n"...)
		}
	}
}
