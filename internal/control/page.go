package control

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// maxPage is how many objects a list holds at most; the service does not document its own figure.
const maxPage = 500

// page is a list as the wire has it.
type page struct {
	Items     []any  `json:"items"` // present even when empty
	NextToken string `json:"nextToken,omitempty"`
}

// paginate picks the objects that maxResults and nextToken ask for. A token names the last object of its page by order
// of creation, so that what is created or deleted meanwhile makes no object appear twice or be missed.
func (c *call) paginate(objects []cluster.Object) (picked []cluster.Object, nextToken string, err error) {
	limit := maxPage
	if text := c.query.Get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, "", gateway.Errorf(gateway.ErrInvalid, "Invalid value for maxResults: expected a whole number from 1, got '%s'", text)
		}
		limit = min(n, maxPage)
	}
	after, err := decodeToken(c.query.Get("nextToken"))
	if err != nil {
		return nil, "", err
	}
	for i, object := range objects {
		if object.Order <= after {
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

func encodeToken(order uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, order))
}

func decodeToken(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 8 {
		return 0, gateway.Errorf(gateway.ErrInvalid, "Invalid nextToken: pass the token of the page before, unchanged")
	}
	return binary.BigEndian.Uint64(raw), nil
}
