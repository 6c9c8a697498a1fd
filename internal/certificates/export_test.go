package certificates

// Kept is how many certificates an authority remembers.
func (a *Authority) Kept() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.leaves)
}
