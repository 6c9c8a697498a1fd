package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// idAlphabet is what API Gateway makes the ids of control-plane objects of.
const idAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// NewObjectID makes a random id of n characters [a-z0-9] for an object of the control plane. It begins with a letter,
// so that no tool takes it for a number.
func NewObjectID(n int) string {
	id := make([]byte, 0, n)
	var random [64]byte
	for len(id) < n {
		_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
		for _, b := range random {
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

// NewUUID makes a random UUID (RFC 9562, section 5.4), the form of x-amzn-RequestId.
func NewUUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // as above
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// NewRequestID makes the id of an event: API Gateway's 16 characters.
func NewRequestID() string { return newEventID(idRequest) }

// NewMessageID makes the id of a message, of the same shape.
func NewMessageID() string { return newEventID(idMessage) }

func newEventID(kind byte) string {
	var raw [idBytes]byte
	_, _ = rand.Read(raw[:]) // as above
	raw[idTypeAt] = kind
	return base64.URLEncoding.EncodeToString(raw[:])
}
