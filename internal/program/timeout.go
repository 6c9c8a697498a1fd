package program

import "time"

// Timeout is how long the route's integration may take; 0: it has none.
func (r *Route) Timeout() time.Duration {
	if r.backend == nil {
		return 0
	}
	return r.backend.timeout
}
