package sigv4

// CachedKeys tells how many signing keys a verifier remembers.
func CachedKeys(v *Verifier) int {
	v.cache.mu.RLock()
	defer v.cache.mu.RUnlock()
	return len(v.cache.keys)
}
