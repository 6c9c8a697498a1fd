package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

// appendStringToSign appends what is signed: the date, its scope and the hash of the canonical request.
func appendStringToSign(dst []byte, date, scope string, canonical []byte) []byte {
	dst = append(dst, algorithm+"\n"...)
	dst = append(dst, date...)
	dst = append(dst, '\n')
	dst = append(dst, scope...)
	dst = append(dst, '\n')
	hash := sha256.Sum256(canonical)
	return hex.AppendEncode(dst, hash[:])
}

func payloadHash(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}
