package cluster

import (
	"crypto/sha256"
	"fmt"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// place is where in the log a record stands: a hash of all records before it. A revision would not do. The hashes of the
// store have no key, so whoever can write a log can write all of it anew, with something else at an earlier revision: no
// deletion, say, where there was one.
type place [sha256.Size]byte

// next is the place after a record, given as the log holds it. Sealed values depend on each byte of what is hashed: fields in
// this order, each after its length.
func (p place) next(record *store.Record) place {
	parts := [][]byte{
		p[:], fmt.Append(nil, record.Revision), record.Time.AppendFormat(nil, time.RFC3339Nano),
		[]byte(record.Principal), []byte(record.Operation),
	}
	for _, change := range record.Changes {
		parts = append(parts, []byte(change.Key), change.Value) // no value is empty: that is a deletion
	}
	sum := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(sum, "%d:", len(part)) // a hash takes everything
		_, _ = sum.Write(part)
	}
	return place(sum.Sum(nil))
}

// of is the additional data of a value that is sealed in this place.
func (p place) of(key gateway.Key) []byte { return append(p[:], key...) }
