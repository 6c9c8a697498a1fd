package testserver

import (
	"net/http"
	"time"

	"gangway/internal/gateway"
)

// clock is the time of the node.
type clock struct {
	Now     time.Time `json:"now"`
	Skipped string    `json:"skipped"`
}

func (s *Server) clock() clock {
	now := s.node.Now()
	return clock{now.UTC(), time.Until(now).Round(time.Millisecond).String()}
}

// farthest is how far the clock is moved on at once.
const farthest = 366 * 24 * time.Hour

// furthest is how far the clock may be ahead in all.
const furthest = 100 * farthest

// advance moves the clock on.
func (s *Server) advance(r *http.Request) (any, error) {
	var asked struct {
		Advance string `json:"advance"`
	}
	if err := read(r, &asked); err != nil {
		return nil, err
	}
	by, err := time.ParseDuration(asked.Advance)
	if err != nil || by <= 0 || by > farthest {
		return nil, gateway.Errorf(gateway.ErrInvalid, "advance: expected a time such as 2h or 10m30s, up to %s, got %.40q", farthest, asked.Advance)
	}
	if time.Until(s.node.Now().Add(by)) > furthest {
		return nil, gateway.Errorf(gateway.ErrInvalid, "advance: the clock cannot be more than %s ahead", furthest)
	}
	s.node.Skip(by)
	return s.clock(), nil
}
