package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// A trial is one verification: what the request says of itself, and what it should have been signed with. Its buffers serve
// one request after the other.
type trial struct {
	claim
	digester

	method, path string
	query        []param  // sorted
	declared     []string // hashes that the client declares of its body
	payload      []byte   // hash of the body, in hex
	headers      []byte   // the lines of the signed headers
	canonical    []byte   // the canonical request
	toSign       []byte   // the string to sign
	want         []byte   // the signature that is right, in hex
}

// checkSigned wants the list of signed headers to be in canonical form, to name only headers that were sent, and
// to name Host and every x-amz-* header: else one could be added to a signed request. It keeps the headers' lines.
func (t *trial) checkSigned(r *http.Request) error {
	last, amz, hasHost := "", 0, false
	t.headers = t.headers[:0]
	for name := range strings.SplitSeq(t.signed, ";") {
		if name <= last || strings.ToLower(name) != name {
			return incomplete("'SignedHeaders' must be in lower case, sorted and without repetition, got '%s'", t.signed)
		}
		var sent bool
		if t.headers, sent = appendHeader(t.headers, r, name); !sent {
			return invalid("The signed header '%s' is not in the request.", name)
		}
		if mustSign(name) {
			amz++
		}
		hasHost = hasHost || name == "host"
		last = name
	}
	if !hasHost {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	// The names in the list are distinct and present: equal numbers mean that none is left out.
	for name := range r.Header {
		if mustSign(name) {
			amz--
		}
	}
	if amz != 0 {
		return invalid("There were headers present in the request which were not signed: each x-amz-* header must be.")
	}
	return nil
}

// checkPayload refuses the ways S3 has to leave the body out of the signature.
func (t *trial) checkPayload() error {
	for _, value := range t.declared {
		if strings.HasPrefix(value, "UNSIGNED-") || strings.HasPrefix(value, "STREAMING-") {
			return invalid("The payload must be signed; 'x-amz-content-sha256: %s' is not supported.", value)
		}
	}
	return nil
}

// prepare computes what the request should have been signed as, the hash of its body being known.
func (t *trial) prepare() {
	request := t.canon(t.query)
	t.canonical = request.append(t.canonical[:0])
	t.toSign = t.appendStringToSign(t.toSign[:0], t.date, t.scope, t.canonical)
}

// canon is the request with a query, which for a presigned one is that of the request without the signature.
func (t *trial) canon(query []param) canon {
	if t.presigned {
		query = without(query, querySignature)
	}
	return canon{t.method, t.path, query, t.headers, t.signed, t.payload}
}

// payloadAgrees compares the hash a client declares, if it does, with the hash of the body.
func (t *trial) payloadAgrees() bool {
	return len(t.declared) == 0 || len(t.declared) == 1 && t.declared[0] == string(t.payload)
}

// hasToken wants the session token of a temporary key, and none with a permanent key.
func (c *claim) hasToken(key Key) bool {
	if key.SessionToken == "" || len(c.tokens) != 1 {
		return key.SessionToken == "" && len(c.tokens) == 0
	}
	return subtle.ConstantTimeCompare([]byte(c.tokens[0]), []byte(key.SessionToken)) == 1
}

// matches compares the digits themselves, in constant time: so a signature has one spelling.
func (t *trial) matches(with *signer, toSign []byte) bool {
	t.want = hex.AppendEncode(t.want[:0], with.sum(t.sum[:0], toSign))
	return subtle.ConstantTimeCompare([]byte(t.signature), t.want) == 1
}

// matchesWithoutToken allows for signers that add the session token to the query after signing.
func (t *trial) matchesWithoutToken(with *signer) bool {
	if !t.presigned || len(t.tokens) == 0 {
		return false
	}
	unsigned := t.canon(without(t.query, queryToken))
	return t.matches(with, t.appendStringToSign(nil, t.date, t.scope, unsigned.append(nil)))
}
