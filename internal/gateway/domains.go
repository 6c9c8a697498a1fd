package gateway

import (
	"strings"
	"sync/atomic"
)

// Domains are the custom domain names by which APIs are reached. It is safe for concurrent use; a reader takes no lock. The
// zero value has none.
type Domains struct {
	// byName has what stands under each name in lower case; it never changes once it is here.
	byName atomic.Pointer[map[string]Mappings]
}

// Mappings are the stages under a domain name, by mapping key; the empty key is the domain itself.
type Mappings map[string]StageKey

// Replace makes these all that there are.
func (d *Domains) Replace(all map[string]Mappings) {
	byName := make(map[string]Mappings, len(all))
	for name, mappings := range all {
		byName[strings.ToLower(name)] = mappings
	}
	d.byName.Store(&byName)
}

// Has says whether a host, with or without a port, is one of the names or below a wildcard among them.
func (d *Domains) Has(host string) bool {
	_, _, ok := d.find(host)
	return ok
}

// Lists says whether a host is one of the names, rather than below a wildcard.
func (d *Domains) Lists(host string) bool {
	name, _, ok := d.find(host)
	return ok && !strings.HasPrefix(name, "*")
}

// Name is the name that stands for a host: it or a wildcard.
func (d *Domains) Name(host string) (name string, ok bool) {
	name, _, ok = d.find(host)
	return name, ok
}

// find is what stands under a host, and under which name. An exact name wins over a wildcard, which stands for one label:
// "Custom domain names for WebSocket APIs in API Gateway" in the developer guide.
func (d *Domains) find(host string) (name string, under Mappings, ok bool) {
	if d == nil {
		return "", nil, false
	}
	byName := d.byName.Load()
	if byName == nil || len(*byName) == 0 {
		return "", nil, false
	}
	name = HostName(host)
	if strings.HasPrefix(name, "*") { // nobody's name, but how a wildcard is written down
		return "", nil, false
	}
	if under, ok := (*byName)[name]; ok {
		return name, under, true
	}
	label, parent, _ := strings.Cut(name, ".")
	if !isLabel(label) { // it goes into events, and whoever connects has chosen it
		return "", nil, false
	}
	name = "*." + parent
	under, ok = (*byName)[name]
	return name, under, ok
}

// under finds the stage that a path below a domain leads to: that of the longest key with which the path begins. What follows
// the key is left of the path.
func (m Mappings) under(segments []string) (stage StageKey, path []string) {
	for i := len(segments); i >= 0; i-- {
		if stage, ok := m[strings.Join(segments[:i], "/")]; ok {
			return stage, segments[i:]
		}
	}
	return StageKey{}, segments
}
