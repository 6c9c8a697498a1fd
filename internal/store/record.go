package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"gangway/internal/gateway"
)

// Format is the version of the store's layout and of its backups that this package writes and reads.
const Format = 1

// MaxRecord is the most bytes that a record may take as JSON.
const MaxRecord = 32 << 20

// A Change is what became of one object.
type Change struct {
	// Key says which object.
	Key gateway.Key `json:"key"`
	// Value is the object as it is from now on. Absent: the object is removed.
	Value json.RawMessage `json:"value,omitempty"`
}

// A Record is one acknowledged operation: the changes it made take effect together.
type Record struct {
	// Revision counts records from 1 without a gap. Append assigns it.
	Revision uint64 `json:"revision"`
	// Time is when it happened, in UTC. Append fills in the present if it is zero.
	Time time.Time `json:"time"`
	// Principal is who did it: an access key id or an ARN.
	Principal string `json:"principal"`
	// Operation is what was asked for: "CreateRoute".
	Operation string `json:"operation"`
	// Changes is what came of it, in order.
	Changes []Change `json:"changes"`
}

// encode gives the bytes that are hashed and stored. They hold no line feed, so a backup can keep them on one line.
func (r *Record) encode() ([]byte, error) {
	for _, c := range r.Changes {
		if c.Key == "" {
			return nil, fmt.Errorf("%w: a change without a key", ErrInvalid)
		}
	}
	payload, err := marshal(r)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	case len(payload) > MaxRecord:
		return nil, fmt.Errorf("%w: a record of %d bytes, more than %d", ErrInvalid, len(payload), MaxRecord)
	}
	return payload, nil
}

func decode(payload []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(payload, &r)
	return r, err
}

// marshal leaves <, > and & as they are: what is stored is what was sent.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// digest is the hash of a record: it covers all records before it too.
type digest [sha256.Size]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

func (d digest) next(payload []byte) digest {
	h := sha256.New()
	h.Write(d[:])
	h.Write(payload)
	return digest(h.Sum(nil))
}

// genesis is record 0: what makes this store this store.
type genesis struct {
	Format  int       `json:"format"`
	Store   string    `json:"store"`
	Created time.Time `json:"created"`
	Writer  string    `json:"writer"`
}

func newGenesis() ([]byte, error) {
	return marshal(genesis{Format: Format, Store: rand.Text(), Created: time.Now().UTC(), Writer: writer()})
}

// writer names the version of this binary.
func writer() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "gangway (unknown version)"
	}
	return "gangway " + info.Main.Version
}

// chain follows a log from its genesis and tells at each row whether it belongs there.
type chain struct {
	genesis genesis
	rows    uint64
	hash    digest
}

// last is the revision of the last row.
func (c *chain) last() uint64 { return c.rows - 1 }

// add takes the next row. Of the genesis it returns the zero Record.
func (c *chain) add(row row) (Record, error) {
	if row.revision != c.rows {
		return Record{}, fmt.Errorf("revision %d is missing", c.rows)
	}
	hash := c.hash.next(row.payload)
	if !bytes.Equal(hash[:], row.hash) {
		return Record{}, errors.New("the record does not match its hash")
	}
	r, err := c.read(row)
	if err != nil {
		return Record{}, err
	}
	c.rows, c.hash = c.rows+1, hash
	return r, nil
}

func (c *chain) read(row row) (Record, error) {
	if row.revision == 0 {
		return Record{}, json.Unmarshal(row.payload, &c.genesis)
	}
	r, err := decode(row.payload)
	if err == nil && r.Revision != row.revision {
		err = fmt.Errorf("the record says it is revision %d", r.Revision)
	}
	return r, err
}
