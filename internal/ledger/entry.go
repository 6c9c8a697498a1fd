package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gangway/internal/gateway"
)

// Entry is a connection that is owed a $disconnect. The names of its members, and of those of a Connection, are those of the file.
type Entry struct {
	Connection gateway.Connection
	// RequestID is that of the event, the same for each attempt.
	RequestID string
	// EndedAt is when the connection ended, and Status and Reason are how; zero: nobody knows yet.
	EndedAt time.Time `json:",omitzero"`
	Status  int       `json:",omitempty"`
	Reason  string    `json:",omitempty"`
	// Attempts is how often it was told in vain, and Cause why it was the last time.
	Attempts int    `json:",omitempty"`
	Cause    string `json:",omitempty"`

	at place // zero: it follows from the id
}

// Stage is the stage of the connection.
func (e *Entry) Stage() gateway.StageKey {
	return gateway.StageKey{API: e.Connection.API, Stage: e.Connection.Stage}
}

// Missed notes how the connection ended.
func (e *Entry) Missed(at time.Time, status int, reason string) {
	e.EndedAt, e.Status, e.Reason = at, status, reason
}

// place is where an entry stands in the file: the life of the node, and the place in it.
type place struct{ life, slot int64 }

// errEntry is what is not an entry, or not the one that was written there.
var errEntry = errors.New("an entry is not what was written")

// encode is an entry as it is sealed.
func (e *Entry) encode() ([]byte, error) { return json.Marshal(e) }

// decodeEntry reads an entry.
func decodeEntry(data []byte) (*Entry, error) {
	e := new(Entry)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("%w: %w", errEntry, err)
	}
	if _, err := gateway.ParseConnectionID(string(e.Connection.ID)); err != nil || e.Connection.API == "" ||
		e.Connection.Stage == "" || e.RequestID == "" || e.Attempts < 0 {
		return nil, fmt.Errorf("%w: it names no connection", errEntry)
	}
	return e, nil
}

// seals seal entries, those of each life under a key of its own.
type seals struct {
	secret []byte
	own    cipher.AEAD // of this life
	life   int64
}

func newSeals(secret []byte, life int64) (*seals, error) {
	own, err := sealOf(secret, life)
	return &seals{secret, own, life}, err
}

// sealOf makes the key of a life. Nonces at random are good for 2^32 entries under one key (NIST SP 800-38D, section 8.3).
func sealOf(secret []byte, life int64) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "gangway sessions "+strconv.FormatInt(life, 10), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// of is the seal of a life.
func (s *seals) of(life int64) (cipher.AEAD, error) {
	if life == s.life {
		return s.own, nil
	}
	return sealOf(s.secret, life)
}

// seal is an entry as it stands in the file.
func (s *seals) seal(e *Entry) ([]byte, error) {
	seal, err := s.of(e.at.life)
	if err != nil {
		return nil, err
	}
	text, err := e.encode()
	if err != nil {
		return nil, err
	}
	return seal.Seal(nil, nil, text, e.at.label()), nil
}

// open is the entry at a place.
func (s *seals) open(at place, sealed []byte) (*Entry, error) {
	seal, err := s.of(at.life)
	if err != nil {
		return nil, err
	}
	text, err := seal.Open(nil, nil, sealed, at.label())
	if err != nil {
		return nil, errEntry
	}
	e, err := decodeEntry(text)
	if err == nil {
		e.at = at
	}
	return e, err
}

// label is what an entry is sealed for.
func (p place) label() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(p.life)), uint64(p.slot))
}
