package certificates

// Kept is how many certificates an authority remembers.
func (a *Authority) Kept() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.leaves)
}

// MaxProofs is how many proofs of clients a store remembers.
const MaxProofs = maxProofs

// Proofs is how many it does.
func (s *Store) Proofs() int {
	s.proofs.mu.Lock()
	defer s.proofs.mu.Unlock()
	return len(s.proofs.until)
}
