package edge

import (
	"encoding/binary"
	"time"

	"gangway/internal/gateway"
)

// An identity is kept as one text for as long as its connection is open: each of its members behind its length, in a fixed
// order. That is a fraction of the memory, and an event can read it in less than a microsecond.

// appendIdentity appends an identity as it is kept.
func appendIdentity(dst []byte, who *gateway.Identity) []byte {
	for _, member := range membersOf(who) {
		dst = appendText(dst, *member)
	}
	a := who.Authorizer
	if a == nil {
		return dst
	}
	dst = appendText(dst, a.PrincipalID)
	dst = binary.AppendUvarint(dst, uint64(max(a.Latency, 0)))
	dst = binary.AppendUvarint(dst, uint64(len(a.Context)))
	for _, value := range a.Context {
		dst = appendText(appendText(dst, value.Name), value.Value)
	}
	return dst
}

// readIdentity reads what appendIdentity has written; nothing is nobody.
func readIdentity(kept string) *gateway.Identity {
	if kept == "" {
		return nil
	}
	who := new(struct { // one object
		gateway.Identity
		authorizer gateway.Authorization
	})
	for _, member := range membersOf(&who.Identity) {
		*member, kept = readText(kept)
	}
	if kept == "" {
		return &who.Identity
	}
	a := &who.authorizer
	a.PrincipalID, kept = readText(kept)
	latency, kept := readNumber(kept)
	values, kept := readNumber(kept)
	a.Latency, a.Context = time.Duration(latency), make(gateway.Params, values)
	for i := range a.Context {
		a.Context[i].Name, kept = readText(kept)
		a.Context[i].Value, kept = readText(kept)
	}
	who.Authorizer = a
	return &who.Identity
}

// membersOf are the texts of an identity itself.
func membersOf(who *gateway.Identity) [7]*string {
	return [...]*string{&who.AccessKey, &who.AccountID, &who.Caller, &who.User, &who.UserARN, &who.APIKey, &who.APIKeyID}
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func readText(kept string) (text, rest string) {
	n, kept := readNumber(kept)
	return kept[:n], kept[n:]
}

// readNumber reads what [binary.AppendUvarint] has written.
func readNumber(kept string) (n uint64, rest string) {
	for i := 0; ; i++ {
		n |= uint64(kept[i]&0x7f) << (7 * i)
		if kept[i] < 0x80 {
			return n, kept[i+1:]
		}
	}
}
