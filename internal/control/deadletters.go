package control

import (
	"context"
	"time"

	"gangway/internal/gateway"
)

// DeadLetter is a $disconnect that could not be told, as it is listed.
type DeadLetter struct {
	ConnectionID   gateway.ConnectionID `json:"connectionId"`
	APIID          string               `json:"apiId"`
	StageName      string               `json:"stageName"`
	SourceIP       string               `json:"sourceIp"`
	ConnectedAt    time.Time            `json:"connectedAt"`
	DisconnectedAt time.Time            `json:"disconnectedAt"`
	StatusCode     int                  `json:"disconnectStatusCode"`
	Reason         string               `json:"disconnectReason"`
	RequestID      string               `json:"requestId"`
	Attempts       int                  `json:"attempts"`
	Error          string               `json:"error"` // of the last attempt
	GivenUpAt      time.Time            `json:"givenUpAt"`
}

// DeadLetters are those that there are. A function that is nil has none.
type DeadLetters struct {
	// List are those from a position on, and the position of the next; 0: there is none.
	List func(ctx context.Context, from uint64, most int) (page []DeadLetter, next uint64, err error)
	// Retry has one told again, and Delete forgets one. The error is [gateway.ErrNotFound] if there is none.
	Retry, Delete func(context.Context, gateway.ConnectionID) error
}

// listDeadLetters lists the $disconnect that could not be told.
func listDeadLetters(c *call) (any, error) {
	most, err := paginationV2.limit(c.query)
	if err != nil {
		return nil, err
	}
	from, err := paginationV2.decodeToken(c.query.Get(paginationV2.token))
	if err != nil || c.DeadLetters.List == nil {
		return paginationV2.page([]any{}, ""), err
	}
	page, next, err := c.DeadLetters.List(c.ctx, from, most)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(page))
	for i := range page {
		items[i] = &page[i]
	}
	token := ""
	if next > 0 {
		token = encodeToken(next)
	}
	return paginationV2.page(items, token), nil
}

// retryDeadLetter has a $disconnect told again.
func retryDeadLetter(c *call) (any, error) { return nil, c.aboutLetter(c.DeadLetters.Retry) }

// deleteDeadLetter forgets a $disconnect.
func deleteDeadLetter(c *call) (any, error) { return nil, c.aboutLetter(c.DeadLetters.Delete) }

func (c *call) aboutLetter(do func(context.Context, gateway.ConnectionID) error) error {
	id, err := gateway.ParseConnectionID(c.param["connectionId"])
	if err != nil {
		return err
	}
	if do == nil {
		return gateway.Errorf(gateway.ErrNotFound, "Unable to find a dead letter of the connection")
	}
	return do(c.ctx, id)
}
