package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	random "math/rand/v2"
	"strings"
)

// idAlphabet is what API Gateway makes the ids of control-plane objects of.
const idAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// NewObjectID makes a random id of n characters [a-z0-9] for an object of the control plane. It begins with a letter,
// so that no tool takes it for a number.
func NewObjectID(n int) string {
	id := make([]byte, 0, n)
	var bytes [64]byte
	for len(id) < n {
		_, _ = rand.Read(bytes[:]) // never fails: crypto/rand ends the process instead
		for _, b := range bytes {
			letters := len(idAlphabet)
			if len(id) == 0 {
				letters = 26
			}
			// Bytes beyond the last whole multiple are passed over, so that every character is as likely as another.
			if int(b) < 256/letters*letters && len(id) < n {
				id = append(id, idAlphabet[int(b)%letters])
			}
		}
	}
	return string(id)
}

// CheckID says whether a text can be the id of an object of the control plane that another names.
func CheckID(id string) error {
	return when(len(id) == 0 || len(id) > 128 || strings.Trim(id, idAlphabet) != "",
		"Invalid identifier specified: expected letters a-z and digits")
}

// What follows names what has happened. Nobody gets anywhere with such a name, so it must be unlike all others and need not be
// a secret; and there are two for each message. So the bits are those of math/rand/v2: ChaCha8 with a state for each thread, no
// lock, and a seed from the operating system.

// NewUUID makes a random UUID (RFC 9562, section 5.4), the form of x-amzn-RequestId.
func NewUUID() string {
	var u [16]byte
	binary.NativeEndian.PutUint64(u[:8], random.Uint64())
	binary.NativeEndian.PutUint64(u[8:], random.Uint64())
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	var room [36]byte
	text := hex.AppendEncode(room[:0], u[:4])
	for _, part := range [...][]byte{u[4:6], u[6:8], u[8:10], u[10:]} {
		text = hex.AppendEncode(append(text, '-'), part)
	}
	return string(text)
}

// NewRequestID makes the id of an event: API Gateway's 16 characters.
func NewRequestID() string {
	var text [idLength]byte
	putEventID(&text, idRequest, random.Uint64(), random.Uint64())
	return string(text[:])
}

// FarewellID is the id of the $disconnect of a connection: the same for each attempt to tell it, and like that of any event.
func FarewellID(id ConnectionID) string {
	sum := sha256.Sum256([]byte(id))
	var text [idLength]byte
	putEventID(&text, idRequest, binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
	return string(text[:])
}

// NewMessageIDs makes both ids that an event has which is a message: its own and that of the message. They are one piece of
// memory.
func NewMessageIDs() (request, message string) {
	var text [2 * idLength]byte
	rest := random.Uint64() // enough for both
	putEventID((*[idLength]byte)(text[:idLength]), idRequest, random.Uint64(), rest)
	putEventID((*[idLength]byte)(text[idLength:]), idMessage, random.Uint64(), rest>>16)
	both := string(text[:])
	return both[:idLength], both[idLength:]
}

// idDigits are those of base64 in URLs (RFC 4648 section 5).
const idDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// putEventID writes an id of a kind: 80 random bits, 64 before the kind and 16 behind it, in base64. There are two for each message,
// so the digits are taken straight from the bits: ten from those before the kind, and five from the other 28.
func putEventID(text *[idLength]byte, kind byte, before, behind uint64) {
	first, last := text[:10], text[10:idLength-1]
	for i := range first {
		first[i] = idDigits[before>>58]
		before <<= 6
	}
	rest := before | uint64(kind)<<52 | behind&(1<<16-1)<<36
	for i := range last {
		last[i] = idDigits[rest>>58]
		rest <<= 6
	}
	text[idLength-1] = '='
}
