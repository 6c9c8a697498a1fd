package control

import (
	"context"
	"math"
	"time"

	"gangway/internal/gateway"
)

// Connection is an open connection as it is listed.
type Connection struct {
	ConnectionID gateway.ConnectionID `json:"connectionId"`
	StageName    string               `json:"stageName"`
	ConnectedAt  time.Time            `json:"connectedAt"`
	LastActiveAt time.Time            `json:"lastActiveAt"`
	SourceIP     string               `json:"sourceIp"`
	UserAgent    string               `json:"userAgent"` // empty: the client sent none
	NodeID       string               `json:"nodeId"`
}

// ConnectionQuery says which open connections of an API are asked for, in some order in which each keeps its position. An empty
// field asks for any.
type ConnectionQuery struct {
	API, Stage, SourceIP string
	ID                   gateway.ConnectionID
	From                 uint32 // the position to begin at
	Most                 int
}

// listConnections lists the open connections of an API.
func listConnections(c *call) (any, error) {
	api, err := c.watched()
	if err != nil {
		return nil, err
	}
	most, err := paginationV2.limit(c.query)
	if err != nil {
		return nil, err
	}
	from, err := paginationV2.decodeToken(c.query.Get(paginationV2.token))
	if err != nil {
		return nil, err
	}
	if from > math.MaxUint32 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid nextToken: pass that of the page before, unchanged")
	}
	page, next, err := c.Connections(c.ctx, ConnectionQuery{
		API: api.ID(), Stage: c.query.Get("stageName"), SourceIP: c.query.Get("sourceIp"),
		ID: gateway.ConnectionID(c.query.Get("connectionId")), From: uint32(from), Most: most,
	})
	if err != nil {
		return nil, err
	}
	items := make([]any, len(page))
	for i := range page {
		items[i] = &page[i]
	}
	token := ""
	if next > 0 {
		token = encodeToken(uint64(next))
	}
	return paginationV2.page(items, token), nil
}

// watched is the API of a path that tells what happens on it: who must not know an API must not know that.
func (c *call) watched() (gateway.Key, error) {
	api := gateway.Key("").Child("apis", c.param["apiId"])
	if err := c.may(get, api); err != nil {
		return "", err
	}
	return api, c.exists(c.Objects, api)
}

// noConnections is who has no connections to list.
func noConnections(context.Context, ConnectionQuery) ([]Connection, uint32, error) {
	return nil, 0, nil
}
