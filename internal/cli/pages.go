package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
)

// page is what lists have in common: those of version 2 have items and a nextToken, those of version 1 an item and a
// position.
type page struct {
	Items     []json.RawMessage `json:"items"`
	Item      []json.RawMessage `json:"item"`
	NextToken string            `json:"nextToken"`
	Position  string            `json:"position"`
}

// next is the query of the page after this one.
func (p *page) next(query url.Values) (more url.Values, ok bool) {
	more = maps.Clone(query)
	switch {
	case p.NextToken != "" && p.Items != nil:
		more.Set("nextToken", p.NextToken)
	case p.Position != "" && p.Item != nil:
		more.Set("position", p.Position)
	default:
		return nil, false
	}
	return more, more.Encode() != query.Encode()
}

// pages sends a request and, if all pages of its answer are wanted, those for the others, and returns one list.
func (p *plane) pages(ctx context.Context, r request, all bool) ([]byte, error) {
	first, err := p.send(ctx, r)
	if err != nil || !all {
		return first, err
	}
	list, answer := page{Items: []json.RawMessage{}}, first
	for count := 0; ; count++ {
		var got page
		if err := json.Unmarshal(answer, &got); err != nil {
			return nil, fmt.Errorf("control plane: %s: %w", r.operation, err)
		}
		list.Items, list.Item = append(list.Items, got.Items...), append(list.Item, got.Item...)
		query, more := got.next(r.query)
		switch {
		case !more && count == 0:
			return first, nil
		case !more && list.Item != nil:
			return json.Marshal(map[string]any{"item": list.Item})
		case !more:
			return json.Marshal(map[string]any{"items": list.Items})
		}
		r.query = query
		if answer, err = p.send(ctx, r); err != nil {
			return nil, err
		}
	}
}
