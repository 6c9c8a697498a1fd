package control

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// pagination is how a version of the service lists objects.
type pagination struct {
	size, token string // query parameters
	// usual and most are how many objects a page holds; version 2 does not document its own figures.
	usual, most int
	newestFirst bool
	page        func(items []any, next string) any
}

var (
	paginationV2 = pagination{
		size: "maxResults", token: "nextToken", usual: 500, most: 500,
		page: func(items []any, next string) any {
			return struct {
				Items     []any  `json:"items"` // present even when empty
				NextToken string `json:"nextToken,omitempty"`
			}{items, next}
		},
	}
	paginationV1 = pagination{
		size: "limit", token: "position", usual: 25, most: 500,
		newestFirst: true,
		page: func(items []any, next string) any {
			return struct {
				Item     []any  `json:"item"`
				Position string `json:"position,omitempty"`
			}{items, next}
		},
	}
)

// cut picks the objects of the page that a query asks for. A token names the last object of its page by order of
// creation, so that what is created or deleted meanwhile makes no object appear twice or be missed.
func (p *pagination) cut(query url.Values, objects []cluster.Object) (picked []cluster.Object, next string, err error) {
	limit, err := p.limit(query)
	if err != nil {
		return nil, "", err
	}
	after, err := p.decodeToken(query.Get(p.token))
	if err != nil {
		return nil, "", err
	}
	if p.newestFirst {
		slices.Reverse(objects)
	}
	for i, object := range objects {
		if after != 0 && !p.follows(object.Order, after) {
			continue
		}
		rest := objects[i:]
		if len(rest) <= limit {
			return rest, "", nil
		}
		return rest[:limit], encodeToken(rest[limit-1].Order), nil
	}
	return nil, "", nil
}

// limit is how many objects the page that a query asks for may hold.
func (p *pagination) limit(query url.Values) (int, error) {
	text := query.Get(p.size)
	if text == "" {
		return p.usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, gateway.Errorf(gateway.ErrInvalid, "Invalid value for %s: expected a whole number from 1, got '%s'", p.size, text)
	}
	return min(n, p.most), nil
}

// follows says whether an object stands behind another in a list.
func (p *pagination) follows(order, after uint64) bool {
	if p.newestFirst {
		return order < after
	}
	return order > after
}

func encodeToken(order uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, order))
}

func (p *pagination) decodeToken(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 8 {
		return 0, gateway.Errorf(gateway.ErrInvalid, "Invalid %s: pass that of the page before, unchanged", p.token)
	}
	return binary.BigEndian.Uint64(raw), nil
}
