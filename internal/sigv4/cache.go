package sigv4

import (
	"strings"
	"sync"
)

// maxCached bounds the cache. A key needs an entry a day, so this many is plenty; when it is full it starts anew.
const maxCached = 1024

// A keyCache remembers derived signing keys: deriving one costs more than using it.
type keyCache struct {
	mu   sync.RWMutex
	keys map[keyScope]digest
}

type keyScope struct{ secret, day, region, service string }

func (c *keyCache) get(secret, day, region, service string) digest {
	scope := keyScope{secret, day, region, service}
	c.mu.RLock()
	key, ok := c.keys[scope]
	c.mu.RUnlock()
	if ok {
		return key
	}
	key = deriveKey(secret, day, region, service)
	// The parts of the scope are slices of a header that must not be kept.
	scope.day, scope.region, scope.service = strings.Clone(day), strings.Clone(region), strings.Clone(service)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || len(c.keys) >= maxCached {
		c.keys = make(map[keyScope]digest)
	}
	c.keys[scope] = key
	return key
}
