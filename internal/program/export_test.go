package program

import (
	"context"
	"time"
)

// NewPatience is newPatience, with what ends it.
func NewPatience(parent context.Context, most time.Duration) (ctx context.Context, stop func()) {
	p := newPatience(parent, most)
	return p, p.stop
}
