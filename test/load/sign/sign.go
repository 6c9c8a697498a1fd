// Package sign signs requests with AWS Signature Version 4, as cheaply as a load generator has to. The signed headers are host
// and x-amz-date; the hash of the body is part of the signature (AWS General Reference, "Create a signed AWS API request").
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"
)

// Key signs for one service in one region on one day.
type Key struct {
	ID      string `json:"id"`
	Secret  string `json:"secret"`
	Region  string `json:"region"`
	Service string `json:"service"`
}

// Signer has a key ready for one day.
type Signer struct {
	date, scope, id string
	key             []byte
}

// New makes a signer for a moment: its signatures are good for some minutes from then on.
func New(key Key, now time.Time) *Signer {
	date := now.UTC().Format("20060102T150405Z")
	derived := []byte("AWS4" + key.Secret)
	for _, part := range []string{date[:8], key.Region, key.Service, "aws4_request"} {
		derived = mac(derived, part)
	}
	return &Signer{date: date, scope: date[:8] + "/" + key.Region + "/" + key.Service + "/aws4_request", id: key.ID, key: derived}
}

// Headers are the two header lines that make a request a signed one. The path is as it goes over the wire, escaped once.
func (s *Signer) Headers(method, host, path, query string, body []byte) (date, authorization string) {
	hash := sha256.Sum256(body)
	canonical := method + "\n" + escape(path) + "\n" + query + "\nhost:" + host + "\nx-amz-date:" + s.date +
		"\n\nhost;x-amz-date\n" + hex.EncodeToString(hash[:])
	request := sha256.Sum256([]byte(canonical))
	signature := mac(s.key, "AWS4-HMAC-SHA256\n"+s.date+"\n"+s.scope+"\n"+hex.EncodeToString(request[:]))
	return s.date, "AWS4-HMAC-SHA256 Credential=" + s.id + "/" + s.scope +
		", SignedHeaders=host;x-amz-date, Signature=" + hex.EncodeToString(signature)
}

// escape escapes a path once more, segment by segment.
func escape(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(part), "+", "%20")
	}
	return strings.Join(parts, "/")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}
