package sigv4

import (
	"crypto/hmac"
	"hash"
	"strings"
	"sync"
)

// maxSigners bounds the cache. A key needs an entry a day, so this many is plenty; when it is full it starts anew.
const maxSigners = 1024

// signers remembers the signer of each key, day, region and service: making one costs more than using it.
type signers struct {
	mu  sync.RWMutex
	all map[keyScope]*signer
}

type keyScope struct{ secret, day, region, service string }

func (s *signers) get(scope keyScope, newHash func() hash.Hash) *signer {
	s.mu.RLock()
	found := s.all[scope]
	s.mu.RUnlock()
	if found != nil {
		return found
	}
	made := newSigner(deriveKey(scope.secret, scope.day, scope.region, scope.service), newHash)
	// The parts of the scope are slices of a header that must not be kept.
	scope.day, scope.region, scope.service = strings.Clone(scope.day), strings.Clone(scope.region), strings.Clone(scope.service)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= maxSigners {
		s.all = make(map[keyScope]*signer)
	}
	s.all[scope] = made
	return made
}

// A signer makes signatures with a derived key. It keeps the MACs it has used, because a Reset brings back what the key
// has made of them, which costs less than half of what a new one does.
type signer struct{ macs sync.Pool }

func newSigner(key digest, newHash func() hash.Hash) *signer {
	return &signer{sync.Pool{New: func() any { return hmac.New(newHash, key[:]) }}}
}

// sum appends the MAC of some data.
func (s *signer) sum(dst, data []byte) []byte {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	_, _ = mac.Write(data) // a hash never fails
	return mac.Sum(dst)
}
