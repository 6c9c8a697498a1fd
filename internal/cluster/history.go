package cluster

import (
	"context"
	"fmt"
	"time"

	"gangway/internal/gateway"
)

// A Write is a record of the log, for those who want to know who did what: what was changed, and not to what.
type Write struct {
	Revision uint64
	Time     time.Time
	Author   Author
	Changed  []gateway.Key // with what was deleted
}

// History are the writes after a revision, oldest first, and at most so many.
func (o *Objects) History(ctx context.Context, after uint64, most int) ([]Write, error) {
	records, err := o.log.Read(ctx, after+1, most)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	writes := make([]Write, len(records))
	for i, r := range records {
		writes[i] = Write{Revision: r.Revision, Time: r.Time, Author: Author{r.Principal, r.Operation}}
		for _, change := range r.Changes {
			writes[i].Changed = append(writes[i].Changed, change.Key)
		}
	}
	return writes, nil
}
