package trial

import (
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// A Subject is what is tested: what a stage runs, or would run.
type Subject struct {
	Key      gateway.StageKey
	Stage    gateway.Stage // its variables and its certificate count
	Snapshot gateway.Snapshot
	Domain   string // by which clients reach the API: the domainName of its events
}

// A Try is an event, and the route that is to take it.
type Try struct {
	Event *gateway.Event
	Named bool // the route is that of the event, rather than one that the message selects
}

// Try makes the event of a route that is named, or, without a name, of a message that selects its own.
func (s *Subject) Try(routeKey string, given *Given, body []byte) (t Try, err error) {
	usual := Given{APIID: s.Key.API, Stage: s.Key.Stage, DomainName: s.Domain}
	switch {
	case routeKey == gateway.RouteConnect:
		usual.EventType = string(gateway.EventConnect)
	case routeKey == gateway.RouteDisconnect:
		usual.EventType = string(gateway.EventDisconnect)
	case routeKey != "" && s.Route(routeKey) == nil:
		return t, wrong("routeKey", "expected the key of a route, got %s; the keys are %s", quoted(routeKey), strings.Join(s.Keys(), ", "))
	}
	if t.Event, err = given.Event(&usual, body); err != nil {
		return t, err
	}
	t.Named = routeKey != ""
	usually := usualKeys[t.Event.Type]
	switch {
	case t.Named && usual.EventType == "" && t.Event.Type == gateway.EventMessage:
		t.Event.RouteKey = routeKey
	case t.Named && routeKey != usually:
		return t, wrong("event", "the route %s has no events of type %s", quoted(routeKey), t.Event.Type)
	case t.Event.Type != gateway.EventMessage:
		t.Event.RouteKey, t.Named = usually, true
	}
	return t, nil
}

// Route is the definition of the route with a key, or nil.
func (s *Subject) Route(key string) *gateway.DeployedRoute {
	i := slices.IndexFunc(s.Snapshot.Routes, func(r gateway.DeployedRoute) bool { return r.RouteKey == key })
	if i < 0 {
		return nil
	}
	return &s.Snapshot.Routes[i]
}

// Keys are those of the routes, in order.
func (s *Subject) Keys() []string {
	keys := make([]string, len(s.Snapshot.Routes))
	for i := range s.Snapshot.Routes {
		keys[i] = s.Snapshot.Routes[i].RouteKey
	}
	slices.Sort(keys)
	return keys
}

// integration is the definition of the integration of a route, or nil.
func (s *Subject) integration(route *gateway.DeployedRoute) *gateway.DeployedIntegration {
	id, _ := route.Integration()
	i := slices.IndexFunc(s.Snapshot.Integrations, func(def gateway.DeployedIntegration) bool { return def.IntegrationID == id })
	if i < 0 {
		return nil
	}
	return &s.Snapshot.Integrations[i]
}

// alone is the straight snapshot without the other routes than that of a key, if there is one.
func (s *Subject) alone(key string) *gateway.Snapshot {
	snapshot := s.straight("")
	snapshot.Routes = nil
	if def := s.Route(key); def != nil {
		snapshot.Routes = []gateway.DeployedRoute{*def}
	}
	return snapshot
}

// straight is the snapshot without VPC links, but for that of an integration that is named: the stand-in is no server behind
// one, and the request is the same.
func (s *Subject) straight(but string) *gateway.Snapshot {
	snapshot := s.Snapshot
	snapshot.Integrations = slices.Clone(snapshot.Integrations)
	for i := range snapshot.Integrations {
		if def := &snapshot.Integrations[i]; def.IntegrationID != but {
			def.ConnectionType, def.ConnectionID = "INTERNET", ""
		}
	}
	return &snapshot
}
