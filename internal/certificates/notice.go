package certificates

import (
	"slices"
	"time"
)

// Notice says of a certificate when it expires.
type Notice struct {
	Source  string    // folder, acme, or authority for that of the local one
	Name    string    // of the certificate in the folder, or its domain; of the local authority, its file
	Domains []string  // what it is for
	Expires time.Time // maybe in the past
}

// Expiring is every certificate that expires within a time, the first to expire first. What the local authority signs is not
// there: it signs anew in time. Of ACME's, it knows those that clients have asked for since the start.
func (s *Store) Expiring(within time.Duration) []Notice {
	var notices []Notice
	s.mu.RLock()
	index := s.index
	s.mu.RUnlock()
	for name, pair := range index.byName {
		notices = append(notices, Notice{"folder", name, domainsOf(pair.Leaf), pair.Leaf.NotAfter})
	}
	if s.acme != nil {
		for domain, leaf := range s.acme.leaves() {
			notices = append(notices, Notice{"acme", domain, domainsOf(leaf), leaf.NotAfter})
		}
	}
	if a := s.o.Authority; a != nil {
		notices = append(notices, Notice{"authority", a.file, nil, a.cert.NotAfter})
	}
	end := clock(s.o.Now).Add(within)
	notices = slices.DeleteFunc(notices, func(n Notice) bool { return n.Expires.After(end) })
	slices.SortFunc(notices, func(a, b Notice) int { return a.Expires.Compare(b.Expires) })
	return notices
}
