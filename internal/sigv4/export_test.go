package sigv4

import (
	"crypto/sha256"
	"encoding"
	"hash"
)

// CachedKeys tells how many signing keys a verifier remembers.
func CachedKeys(v *Verifier) int {
	v.signers.mu.RLock()
	defer v.signers.mu.RUnlock()
	return len(v.signers.all)
}

// ParseBasic is what reads the dates of signatures.
var ParseBasic = parseBasic

// Work is how much has been hashed.
type Work struct{ Blocks, Sums int }

// Count has a verifier that was not used yet note its work. What a key costs when it is first used does not count: that is
// no more than once for each thread and day.
func Count(v *Verifier, work *Work) {
	v.newHash = func() hash.Hash { return &counted{Hash: sha256.New(), work: work} }
}

type counted struct {
	hash.Hash

	work *Work
	size int // of what came after the key
}

func (c *counted) Reset() {
	c.Hash.Reset()
	c.size = 0
}

func (c *counted) Write(b []byte) (int, error) {
	c.size += len(b)
	return c.Hash.Write(b)
}

func (c *counted) Sum(b []byte) []byte {
	const padding = 1 + 8 // and zeros
	c.work.Sums++
	c.work.Blocks += (c.size + padding + sha256.BlockSize - 1) / sha256.BlockSize
	return c.Hash.Sum(b)
}

func (c *counted) MarshalBinary() ([]byte, error) {
	c.size = 0
	return c.Hash.(encoding.BinaryMarshaler).MarshalBinary()
}

func (c *counted) UnmarshalBinary(state []byte) error {
	c.size = 0
	return c.Hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
}
