package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// TestFunctionBinary sends what is no text to a function, on a node that takes it.
// Source: guess, by analogy with "Working with binary media types for REST APIs"; API Gateway takes no binary messages.
func TestFunctionBinary(t *testing.T) {
	t.Setenv("GANGWAY_ALLOW_BINARY", "true")
	s := newStand(t)
	s.create("mirror", &lambdaFunction{handler: "mirror"})
	s.define(t, `{"routes": {"$default": {"lambda": "mirror", "reply": true}}}`)
	c := s.connect(t, "")
	const sent = "\x00\xff\xfe"
	must(t, sendMessage(t.Context(), c.ws, true, 0, sent))
	got, err := c.next()
	must(t, err)
	var seen reflection
	must(t, json.Unmarshal([]byte(got), &seen))
	body, err := base64.StdEncoding.DecodeString(seen.Event.Body)
	if err != nil || !seen.Event.IsBase64Encoded || string(body) != sent {
		t.Errorf("the function has seen %q, base64 %v, %v", seen.Event.Body, seen.Event.IsBase64Encoded, err)
	}
}
