package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	dateFormat = "20060102T150405Z"
	dayLength  = len("20060102")
)

// A Key is an access key: long-lived, or temporary if it has a session token.
type Key struct {
	ID, Secret   string
	SessionToken string
	Expires      time.Time // only read when verifying; zero means never
}

type digest [sha256.Size]byte

// deriveKey makes the key that signs for one day, region and service.
func deriveKey(secret, day, region, service string) digest {
	key := sum([]byte("AWS4"+secret), day)
	key = sum(key[:], region)
	key = sum(key[:], service)
	return sum(key[:], terminator)
}

func sum(key []byte, data string) (out digest) {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(data)) // a hash never fails
	mac.Sum(out[:0])
	return out
}

// A digester computes SHA-256 hashes, one after the other and without allocating.
type digester struct {
	hash hash.Hash
	sum  digest
}

// appendHex appends the hash of some data in hex.
func (d *digester) appendHex(dst, data []byte) []byte {
	d.hash.Reset()
	_, _ = d.hash.Write(data) // a hash never fails
	return hex.AppendEncode(dst, d.hash.Sum(d.sum[:0]))
}

// appendStringToSign appends what is signed: the date, its scope and the hash of the canonical request.
func (d *digester) appendStringToSign(dst []byte, date, scope string, canonical []byte) []byte {
	dst = append(dst, algorithm+"\n"...)
	dst = append(dst, date...)
	dst = append(dst, '\n')
	dst = append(dst, scope...)
	dst = append(dst, '\n')
	return d.appendHex(dst, canonical)
}
