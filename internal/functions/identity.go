package functions

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// newID is an id as requests have it: a random UUID.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace is a trace that nobody samples: "Tracing header" in the X-Ray developer guide.
func newTrace() string {
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), randomHex(12), randomHex(8))
}

func (h *Host) arn(name string) string {
	return "arn:aws:lambda:" + h.cfg.Region + ":" + h.cfg.Account + ":function:" + name
}
