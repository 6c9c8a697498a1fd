package http1

import "time"

// add makes a connection known, unless the server is closing.
func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return false
	}
	c.next = s.first
	if s.first != nil {
		s.first.previous = c
	}
	s.first = c
	return true
}

// forget undoes add, and may be told so twice.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.previous == nil && s.first != c {
		return
	}
	if c.next != nil {
		c.next.previous = c.previous
	}
	if c.previous != nil {
		c.previous.next = c.next
	} else {
		s.first = c.next
	}
	c.previous, c.next = nil, nil
	s.desert()
}

// close ends the time of requests that follow one another, and returns the connections.
func (s *Server) close() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing.Store(true)
	s.desert()
	return s.those(func(*conn) bool { return true })
}

// desert tells of the end. It needs s.mu.
func (s *Server) desert() {
	if s.first != nil || !s.closing.Load() {
		return
	}
	select {
	case <-s.deserted:
	default:
		close(s.deserted)
	}
}

// those are the connections of which something is true. It needs s.mu.
func (s *Server) those(is func(*conn) bool) (list []*conn) {
	for c := s.first; c != nil; c = c.next {
		if is(c) {
			list = append(list, c)
		}
	}
	return list
}

// sweep gives up connections whose time is over, once a second. They are few, and none of them has a timer.
func (s *Server) sweep() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-s.deserted:
			s.crew.disband()
			return
		case <-ticker.C:
		}
		s.clock.tick()
		s.crew.rest()
		now := s.clock.seconds.Load()
		s.mu.Lock()
		over := s.those(func(c *conn) bool {
			by := c.deadline.Load()
			return by != 0 && by <= now
		})
		s.mu.Unlock()
		for _, c := range over {
			c.expire(now)
		}
	}
}
