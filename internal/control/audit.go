package control

import (
	"slices"
	"strconv"
	"time"

	"gangway/internal/cluster"
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

// listChanges is the audit log: oldest first, the changes after the revision that nextToken names; or newest first, those
// before it.
func listChanges(c *call) (any, error) {
	most, err := paginationV2.limit(c.query)
	if err != nil {
		return nil, err
	}
	known := uint64(0)
	if token := c.query.Get("nextToken"); token != "" {
		if known, err = strconv.ParseUint(token, 10, 62); err != nil {
			return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid nextToken: expected the revision of the last change that is known")
		}
	}
	read := c.changesAfter
	switch order := c.query.Get("order"); order {
	case "", "ascending":
	case "descending":
		read = c.changesBefore
	default:
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid value for order: expected ascending or descending, got '%s'", order)
	}
	writes, next, err := read(known, most)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(writes))
	for i, w := range writes {
		items[i] = change{w.Revision, w.Time, w.Author.Principal, w.Author.Operation, w.Changed}
	}
	return paginationV2.page(items, next), nil
}

// changesAfter are the first changes after a revision.
func (c *call) changesAfter(known uint64, most int) (writes []cluster.Write, next string, err error) {
	writes, err = c.Objects.History(c.ctx, known, most+1)
	if err != nil || len(writes) <= most {
		return writes, "", err
	}
	return writes[:most], strconv.FormatUint(writes[most-1].Revision, 10), nil
}

// changesBefore are the last changes before a revision, of which there is one for each number; 0: the last of all.
func (c *call) changesBefore(known uint64, most int) (writes []cluster.Write, next string, err error) {
	last := c.Objects.Revision()
	if known > 0 {
		last = min(last, known-1)
	}
	before := last - min(last, uint64(most)) // the page
	if last == before {
		return nil, "", nil
	}
	writes, err = c.Objects.History(c.ctx, before, int(last-before))
	if err != nil {
		return nil, "", err
	}
	slices.Reverse(writes)
	if before > 0 {
		next = strconv.FormatUint(before+1, 10)
	}
	return writes, next, nil
}
