package edge

import (
	"hash/maphash"
	"sync/atomic"
)

// cohort is what connections have in common that have come to the same stage, by the same name, with the same client: kept
// once, because there may be a million of them.
type cohort struct {
	server     *Server
	stage      *Stage
	domainName string
	userAgent  string
}

// cohorts are those that were seen of late, each at a place that follows from what it is; another one there takes the place.
// So clients who call themselves something else each time gain nothing, and cost no more than their own memory.
type cohorts struct {
	seed   maphash.Seed
	places [1 << 12]atomic.Pointer[cohort]
}

func newCohorts() *cohorts { return &cohorts{seed: maphash.MakeSeed()} }

// of is the one cohort that is like c. Its texts are part of nothing larger.
func (a *cohorts) of(c cohort) *cohort {
	place := &a.places[a.hash(&c)%uint64(len(a.places))]
	if known := place.Load(); known != nil && *known == c {
		return known
	}
	texts, named := c.domainName+c.userAgent, len(c.domainName) // one object
	kept := &cohort{c.server, c.stage, texts[:named], texts[named:]}
	place.Store(kept)
	return kept
}

func (a *cohorts) hash(c *cohort) uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	for _, text := range []string{c.stage.key.API, c.stage.key.Stage, c.domainName, c.userAgent} {
		_, _ = h.WriteString(text) // a hash never fails
	}
	return h.Sum64()
}

// forget lets go of a stage.
func (a *cohorts) forget(stage *Stage) {
	for i := range a.places {
		if known := a.places[i].Load(); known != nil && known.stage == stage {
			a.places[i].CompareAndSwap(known, nil)
		}
	}
}
