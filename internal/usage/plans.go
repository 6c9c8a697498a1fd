package usage

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// Plans knows all API keys and usage plans, and counts what is used. It is safe for concurrent use. Admit takes a lock of
// the one key under the one plan, and none that other keys share.
type Plans struct {
	now   func() time.Time
	index atomic.Pointer[index]

	mu       sync.Mutex // guards what follows, and is held while the index is changed; taken before that of a counter
	version  uint64
	counters map[pair]*counter
	order    []*counter // the same, in the order of the plans
}

// Plan is a usage plan with the ids of the API keys under it.
type Plan struct {
	gateway.UsagePlan
	Keys []string
}

// A Holder is whose API key was shown, and the plan that counts. It must not be changed.
type Holder struct{ KeyID, PlanID string }

type pair struct{ plan, key string }

// index is what holds at one time, by the hash of a key's value. It never changes.
type index map[[sha256.Size]byte]known

// known is a key, and by stage what it may use: nothing, if it is not enabled.
type known struct {
	id      string
	enabled bool
	granted map[gateway.StageKey]*grant
}

// grant is what one key has under one plan.
type grant struct {
	holder  Holder
	terms   *terms
	counter *counter
}

// New makes Plans that know no key, and so let nobody in. now is the clock; nil: time.Now.
func New(now func() time.Time) *Plans {
	if now == nil {
		now = time.Now
	}
	p := &Plans{now: now, counters: map[pair]*counter{}}
	p.index.Store(&index{})
	return p
}

// Replace makes these the keys and plans, at once and as a whole: a request is admitted by what held before, or by this.
// Counts and buckets of keys that stay under a plan stay, also of keys that are disabled meanwhile; what a key has used
// under a plan that it leaves is forgotten. Of plans that give one key the same stage, the first counts. What is passed must
// not be changed later.
func (p *Plans) Replace(keys []gateway.APIKey, plans []Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.version++
	next, byID := make(index, len(keys)), make(map[string]map[gateway.StageKey]*grant, len(keys))
	for i := range keys {
		key := &keys[i]
		of := known{key.ID, key.Enabled, map[gateway.StageKey]*grant{}}
		next[sha256.Sum256([]byte(key.Value))] = of
		if key.Enabled {
			byID[key.ID] = of.granted
		}
	}
	before := p.counters
	p.counters, p.order = make(map[pair]*counter, len(before)), p.order[:0:0]
	for i := range plans {
		plan := &plans[i]
		t := p.terms(&plan.UsagePlan)
		for _, key := range plan.Keys {
			g := &grant{Holder{KeyID: key, PlanID: plan.ID}, t, p.count(before, pair{plan.ID, key})}
			if granted := byID[key]; granted != nil {
				grantStages(granted, plan, g)
			}
		}
	}
	p.index.Store(&next)
}

// terms are what a plan grants from now on.
func (p *Plans) terms(plan *gateway.UsagePlan) *terms {
	t := &terms{version: p.version, quota: plan.Quota}
	if plan.Throttle != nil {
		t.throttle = *plan.Throttle
	}
	return t
}

// count finds the counter of a key under a plan, or makes one.
func (p *Plans) count(before map[pair]*counter, of pair) *counter {
	if c := p.counters[of]; c != nil { // named twice
		return c
	}
	c := before[of]
	if c == nil {
		c = &counter{plan: of.plan, key: of.key}
	}
	p.counters[of], p.order = c, append(p.order, c)
	return c
}

// grantStages grants the stages of a plan that no plan before it has granted. Rates for single methods are those of REST APIs.
func grantStages(granted map[gateway.StageKey]*grant, plan *Plan, g *grant) {
	for _, s := range plan.APIStages {
		stage := gateway.StageKey{API: s.APIID, Stage: s.Stage}
		if granted[stage] == nil {
			granted[stage] = g
		}
	}
}

// Admit counts one request to a stage by whoever shows the value of an API key. It refuses with [gateway.ErrForbidden] if
// the key is not one for the stage, and with [gateway.ErrTooMany] if its plan grants no more now.
func (p *Plans) Admit(stage gateway.StageKey, value string) (*Holder, error) {
	sum := sha256.Sum256([]byte(value))
	key := (*p.index.Load())[sum]
	g := key.granted[stage]
	if g == nil {
		return nil, fmt.Errorf("usage: %s: %w", key.missing(value), ErrKey)
	}
	if err := g.counter.admit(p.now(), g.terms); err != nil {
		return nil, fmt.Errorf("usage: API key %s under plan %s: %w", g.holder.KeyID, g.holder.PlanID, err)
	}
	return &g.holder, nil
}

// missing says for operators what a key lacks; never its value.
func (k *known) missing(value string) string {
	switch {
	case value == "":
		return "no API key was shown"
	case k.id == "":
		return "nobody has the API key that was shown"
	case !k.enabled:
		return "API key " + k.id + " is not enabled"
	default:
		return "API key " + k.id + " is in no usage plan of the stage"
	}
}

// Restore adds what is known of days, of keys that are under their plan now: what was written before a restart, after the
// first Replace, or what a client has set since. It never makes a count smaller.
func (p *Plans) Restore(days []Day) { p.each(days, (*counter).merge) }

// Changed are the days that have changed since it was last called, and those that are too old to be kept (Gone): to be
// written down, or handed to [Plans.Unwritten]. It must be called while nobody else can write days, so that none that is
// older overwrites what a client sets.
func (p *Plans) Changed() []Day {
	oldest := p.now().UTC().AddDate(0, 0, -KeptDays).Format(time.DateOnly)
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Day
	for _, c := range p.order {
		all = c.collect(all, oldest)
	}
	return all
}

// Unwritten hands back days that could not be written: Changed returns them again, as they are then.
func (p *Plans) Unwritten(days []Day) { p.each(days, (*counter).keep) }

// each does something with each day at its counter. Days of what is gone are left out.
func (p *Plans) each(days []Day, do func(*counter, Day)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range days {
		if c := p.counters[pair{d.Plan, d.Key}]; c != nil {
			do(c, d)
		}
	}
}

// History is what a key has used under a plan, up to now.
func (p *Plans) History(plan, key string) History {
	p.mu.Lock()
	c := p.counters[pair{plan, key}]
	p.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.history()
}

// Used is how much a key has used under a plan on a day, such as 2026-01-31.
func (p *Plans) Used(plan, key, day string) int64 {
	return p.History(plan, key).Tally(day).Used
}
