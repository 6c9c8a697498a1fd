package control

import (
	"strconv"
	"time"

	"gangway/internal/gateway"
)

// change is a write as the audit log shows it.
type change struct {
	Revision  uint64        `json:"revision"`
	Time      time.Time     `json:"time"`
	Principal string        `json:"principal"`
	Operation string        `json:"operation"`
	Objects   []gateway.Key `json:"objects"` // what was created, changed or deleted
}

// listChanges is the audit log, oldest first: the changes after the revision that nextToken names.
func listChanges(c *call) (any, error) {
	most, err := paginationV2.limit(c.query)
	if err != nil {
		return nil, err
	}
	after := uint64(0)
	if token := c.query.Get("nextToken"); token != "" {
		if after, err = strconv.ParseUint(token, 10, 62); err != nil {
			return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid nextToken: expected the revision of the last change that is known")
		}
	}
	writes, err := c.Objects.History(c.ctx, after, most+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(writes) > most {
		writes = writes[:most]
		next = strconv.FormatUint(writes[most-1].Revision, 10)
	}
	items := make([]any, len(writes))
	for i, w := range writes {
		items[i] = change{w.Revision, w.Time, w.Author.Principal, w.Author.Operation, w.Changed}
	}
	return paginationV2.page(items, next), nil
}
