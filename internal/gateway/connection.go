package gateway

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// ConnectionID is the name of a connection as clients and backends see it, of API Gateway's shape: 11 bytes in URL-safe
// base64 with padding, 16 characters, the last of them '='.
type ConnectionID string

// idBytes is the length of an id before encoding; byte idTypeAt says what kind of id it is, as on API Gateway.
const (
	idBytes   = 11
	idTypeAt  = 8
	idMessage = 0x02 // connection and message ids
	idRequest = 0x05
	idLength  = 16
	rounds    = 4 // of the network: the least that Luby and Rackoff prove strong; even, so that the halves end where they began
)

// strictBase64 refuses bits beyond the last byte, so that an id has one spelling. (Strict makes a copy at each call.)
var strictBase64 = base64.URLEncoding.Strict()

// ParseConnectionID says whether a text can be a connection id at all.
func ParseConnectionID(text string) (ConnectionID, error) {
	var raw [idBytes + 1]byte
	if len(text) == idLength {
		n, err := strictBase64.Decode(raw[:], []byte(text))
		if err == nil && n == idBytes {
			return ConnectionID(text), nil
		}
	}
	return "", Errorf(ErrInvalid, "Invalid connectionId: %s", text)
}

// Handle is what a connection id means to the gateway: which start of which node holds the connection, where, and a
// random tag by which a slot's present holder is told from its former ones.
type Handle struct {
	Incarnation uint32 // 24 bits are kept
	Slot        uint32
	Tag         uint32 // 24 bits are kept
}

// handleBits is the mask of a 24-bit member of a [Handle].
const handleBits = 1<<24 - 1

// Sealer turns handles into connection ids and back. The ids show nothing of what is inside and cannot be made without
// the key: the 80 bits are encrypted by a balanced Feistel network over AES (Luby and Rackoff's construction), so a
// guess hits one of a million open connections with a probability of 2^-60. It is safe for concurrent use.
type Sealer struct{ block cipher.Block }

// NewSealer makes a sealer from a key that all nodes of a cluster share.
func NewSealer(key [16]byte) *Sealer {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(fmt.Sprintf("gateway: AES refuses a key of 16 bytes: %v", err))
	}
	return &Sealer{block}
}

// Seal makes the id of a handle.
func (s *Sealer) Seal(h Handle) ConnectionID {
	// Each half of the network is 40 bits.
	left := uint64(h.Incarnation&handleBits)<<16 | uint64(h.Slot>>16)
	right := uint64(h.Slot&0xffff)<<24 | uint64(h.Tag&handleBits)
	var scratch scratch
	for round := range rounds {
		left, right = right, left^s.mix(&scratch, round, right)
	}
	var raw [idBytes]byte
	putHalves(&raw, left, right)
	raw[idTypeAt] = idMessage
	return ConnectionID(base64.URLEncoding.EncodeToString(raw[:]))
}

// Open is the handle inside an id. For an id that this sealer did not make, the handle is random.
func (s *Sealer) Open(id ConnectionID) (h Handle, ok bool) {
	var raw [idBytes + 1]byte
	n, err := strictBase64.Decode(raw[:], []byte(id))
	if len(id) != idLength || err != nil || n != idBytes || raw[idTypeAt] != idMessage {
		return Handle{}, false
	}
	left, right := halves(raw[:idBytes])
	var scratch scratch
	for round := rounds - 1; round >= 0; round-- {
		left, right = right^s.mix(&scratch, round, left), left
	}
	return Handle{
		Incarnation: uint32(left >> 16),
		Slot:        uint32(left&0xffff)<<16 | uint32(right>>24),
		Tag:         uint32(right & handleBits),
	}, true
}

// scratch is what AES reads and writes in a round, one for all rounds of an id because it escapes to the heap.
type scratch [aes.BlockSize]byte

// mix is the round function: 40 bits of AES over the round's number and a half.
func (s *Sealer) mix(block *scratch, round int, half uint64) uint64 {
	*block = scratch{byte(round)}
	binary.BigEndian.PutUint64(block[8:], half)
	s.block.Encrypt(block[:], block[:])
	return binary.BigEndian.Uint64(block[:]) >> 24
}

// putHalves lays two halves of 40 bits around the type byte: eight bytes before it, two behind.
func putHalves(raw *[idBytes]byte, left, right uint64) {
	var flat [16]byte
	binary.BigEndian.PutUint64(flat[0:], left<<24)
	binary.BigEndian.PutUint64(flat[5:], right<<24)
	copy(raw[:idTypeAt], flat[:idTypeAt])
	copy(raw[idTypeAt+1:], flat[idTypeAt:idBytes-1])
}

// halves undoes putHalves.
func halves(raw []byte) (left, right uint64) {
	var flat [16]byte
	copy(flat[:idTypeAt], raw[:idTypeAt])
	copy(flat[idTypeAt:], raw[idTypeAt+1:])
	return binary.BigEndian.Uint64(flat[0:]) >> 24, binary.BigEndian.Uint64(flat[5:]) >> 24
}

// ConnectionInfo is what a backend may learn of a connection.
type ConnectionInfo struct {
	API, Stage   string
	ConnectedAt  time.Time
	LastActiveAt time.Time
	SourceIP     string
	UserAgent    string // empty if the client sent none
}

// Push is data for the client of a connection.
type Push struct {
	Stage StageKey
	To    ConnectionID
	Data  []byte
	// Invocation is what the sender's retries of this very push have in common; empty if it did not say. A push that
	// was delivered is not delivered again under the same Invocation for a minute.
	Invocation string
}

// Connections reaches open connections by id. A node has this shape, and so has the whole cluster. All methods may be
// called concurrently, and return [ErrGone] for an id under which no connection of that stage is open: closed, not yet
// open, of another stage, or never given out.
type Connections interface {
	// Send returns once the data has been handed to the client's socket, and [ErrTooMany] if it will not be: the
	// client does not take what is already waiting for it.
	Send(ctx context.Context, push Push) error
	// Info tells what is known of a connection.
	Info(ctx context.Context, stage StageKey, id ConnectionID) (ConnectionInfo, error)
	// Close starts the close handshake with status 1000; from its return on the id is gone.
	Close(ctx context.Context, stage StageKey, id ConnectionID) error
}
