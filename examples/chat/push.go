package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	pushTime = 5 * time.Second // for one push; a client that takes longer misses the message
	pushes   = 16              // under way at a time for one message to all
)

// broadcast sends a message to everybody in the room.
func (b *Backend) broadcast(ctx context.Context, message any) {
	turns := make(chan struct{}, pushes)
	var all sync.WaitGroup
	for _, member := range b.room.members() {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			b.push(ctx, member.ConnectionID, message)
		})
	}
	all.Wait()
}

// push sends a message to one client. It reports failures to the log: the sender of a chat message can do nothing about
// the state of another's connection.
func (b *Backend) push(ctx context.Context, id string, message any) {
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	err := b.post(ctx, id, message)
	if err != nil && b.Log != nil {
		b.Log.WarnContext(ctx, "push failed", "connection", id, "error", err)
	}
}

func (b *Backend) post(ctx context.Context, id string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	// The '=' at the end of an id is sent as %3D, as the SDKs do.
	target := b.Endpoint + "/@connections/" + url.QueryEscape(id)
	status, answer, err := b.Signer.Do(ctx, "execute-api", http.MethodPost, target, body)
	switch {
	case err != nil:
		return err
	case status == http.StatusGone:
		// The client is no longer there, and no $disconnect has said so (yet).
		b.room.remove(id)
		return nil
	case status != http.StatusOK:
		return fmt.Errorf("chat: post to connection: status %d: %s", status, answer)
	}
	return nil
}
