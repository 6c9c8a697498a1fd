package edge

import (
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
	"gangway/internal/websocket"
)

// Settings are what a stage has beside its program. They act at once, on connections that are open too, but for the limits
// among the Options, which a connection keeps.
type Settings struct {
	// Default is how often all routes together may be used that have no rate of their own in Routes, by route key: "Throttle
	// requests to your WebSocket APIs" in the API Gateway developer guide.
	Default gateway.Throttle
	Routes  map[string]gateway.Throttle
	Options gateway.Options
	// Closed is why nobody may connect; nil: who may, may. Connections that are open go on.
	Closed error
	// Observers are told of every event. Detail says whether records of a route need a Detail, which costs; nil: none do.
	Observers []Observer
	Detail    func(routeKey string) bool
}

// An Observer is told what became of events. It is safe for concurrent use, and fast: who tells it waits.
type Observer interface {
	// Observe must keep neither the record nor bytes in it. Texts may be kept.
	Observe(record *gateway.Record)
}

// rates are the token buckets of a stage. What a bucket holds stays when settings change that are not its own.
type rates struct {
	rest   *usage.Limit
	routes map[string]*usage.Limit
}

// with are the rates of other settings.
func (r rates) with(s *Settings) rates {
	next := rates{r.rest, make(map[string]*usage.Limit, len(s.Routes))}
	if next.rest == nil {
		next.rest = &usage.Limit{}
	}
	next.rest.Set(s.Default.RateLimit, s.Default.BurstLimit)
	for key, throttle := range s.Routes {
		limit := r.routes[key]
		if limit == nil {
			limit = &usage.Limit{}
		}
		limit.Set(throttle.RateLimit, throttle.BurstLimit)
		next.routes[key] = limit
	}
	return next
}

// refuses takes a token for a use of a route, or says whose bucket is empty.
func (r rates) refuses(routeKey string, now time.Time) (of string) {
	limit := r.routes[routeKey]
	switch {
	case limit != nil && !limit.Allow(now):
		return "route " + routeKey
	case limit == nil && !r.rest.Allow(now):
		return "the stage"
	default:
		return ""
	}
}

// configured is what a stage makes of its settings.
type configured struct {
	Settings
	rates rates

	once   sync.Once
	limits *websocket.Options // of new connections; nil: the server's
}

// limitsOn are the limits of new connections, one copy for all; nil: those of the server.
func (c *configured) limitsOn(server *websocket.Options) *websocket.Options {
	c.once.Do(func() { c.limits = limitsOf(&c.Options, *server) })
	return c.limits
}

// limitsOf are the limits that options put in place of the server's.
func limitsOf(o *gateway.Options, server websocket.Options) *websocket.Options {
	none := gateway.Options{}
	if o.Binary == none.Binary && o.Compression == none.Compression && o.IdleTimeout == 0 && o.MaxDuration == 0 &&
		o.MaxFrame == 0 && o.MaxMessage == 0 {
		return nil
	}
	server.Binary = server.Binary || o.Binary
	server.Compression.Enabled = server.Compression.Enabled || o.Compression
	if o.IdleTimeout > 0 {
		server.Idle = o.IdleTimeout
	}
	if o.MaxDuration > 0 {
		server.Lifetime = o.MaxDuration
	}
	if o.MaxFrame > 0 {
		server.MaxFrame = int64(o.MaxFrame)
	}
	if o.MaxMessage > 0 {
		server.MaxMessage = int64(o.MaxMessage)
	}
	return server.WithDefaults()
}
