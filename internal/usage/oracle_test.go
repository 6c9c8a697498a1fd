package usage_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// oracle says the same as Plans in the simplest way there is: it keeps every day of every key, counts everything anew for
// each question, and has buckets that are filled step by step.
type oracle struct {
	keys    []gateway.APIKey
	plans   []usage.Plan
	used    map[string]usage.Tally // by object
	buckets map[string]*pail
}

// pail holds tokens as nanoseconds, so that it can be compared exactly.
type pail struct {
	rate          float64
	burst         int
	at            time.Time
	level, all, a int64
}

func (b *pail) take(now time.Time) bool {
	b.level = min(b.all, b.level+now.Sub(b.at).Nanoseconds())
	b.at = now
	if b.all == 0 || b.level < b.a {
		return false
	}
	b.level -= b.a
	return true
}

// admit decides as the documentation says it.
func (o *oracle) admit(now time.Time, stage gateway.StageKey, shown string) string {
	k := slices.IndexFunc(o.keys, func(k gateway.APIKey) bool { return k.Enabled && k.Value == shown })
	if k < 0 {
		return forbidden
	}
	i := slices.IndexFunc(o.plans, func(p usage.Plan) bool { return slices.Contains(p.Keys, o.keys[k].ID) && p.Covers(stage) })
	if i < 0 {
		return forbidden
	}
	plan, key := &o.plans[i], o.keys[k].ID
	day := now.Format(time.DateOnly)
	if plan.Quota != nil && o.left(plan, key, now) == 0 {
		return exceeded
	}
	if !o.bucket(plan, key, now).take(now) {
		return tooMany
	}
	tally := o.used[object(plan.ID, key, day)]
	tally.Used++
	o.used[object(plan.ID, key, day)] = tally
	return "ok"
}

func object(plan, key, day string) string {
	return "usageplans/" + plan + "/keys/" + key + "/usage/" + day
}

// bucket is the bucket of a key under a plan; a changed one is full.
func (o *oracle) bucket(plan *usage.Plan, key string, now time.Time) *pail {
	rate, burst := math.Inf(1), math.MaxInt
	if t := plan.Throttle; t != nil {
		rate, burst = *t.RateLimit, *t.BurstLimit
	}
	b := o.buckets[plan.ID+key]
	if b == nil || b.rate != rate || b.burst != burst {
		b = &pail{rate: rate, burst: burst, at: now, all: math.MaxInt64 / 4}
		if !math.IsInf(rate, 1) {
			b.a = int64(math.Round(1e9 / rate))
			b.all = b.a * int64(burst)
		}
		b.level = b.all
		o.buckets[plan.ID+key] = b
	}
	return b
}

// left walks the period of a day from its beginning.
func (o *oracle) left(plan *usage.Plan, key string, day time.Time) int64 {
	if plan.Quota == nil {
		return math.MaxInt64
	}
	same := func(d time.Time) bool {
		switch plan.Quota.Period {
		case gateway.PeriodWeek:
			return d.AddDate(0, 0, 1).Weekday() != time.Sunday
		case gateway.PeriodMonth:
			return d.Month() == day.Month()
		default:
			return false
		}
	}
	first := day
	for same(first.AddDate(0, 0, -1)) {
		first = first.AddDate(0, 0, -1)
	}
	left := int64(plan.Quota.Limit - plan.Quota.Offset)
	for d := start.AddDate(0, 0, -1); d.Before(first.Truncate(24 * time.Hour)); d = d.AddDate(0, 0, 1) {
		if _, known := o.used[object(plan.ID, key, d.Format(time.DateOnly))]; known {
			left = int64(plan.Quota.Limit)
		}
	}
	for d := first; !d.After(day); d = d.AddDate(0, 0, 1) {
		tally := o.used[object(plan.ID, key, d.Format(time.DateOnly))]
		if tally.Remaining != nil {
			left = *tally.Remaining + tally.At
		}
		left -= tally.Used
	}
	return max(0, left)
}

// world drives Plans and an oracle through the same things.
type world struct {
	*testing.T
	*rand.Rand
	oracle
	clock  *clock
	real   *usage.Plans
	stored map[string]usage.Day // what was written down
	lost   int                  // restarts that forgot something
	seen   map[string]int
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{
		T: t, Rand: rand.New(rand.NewPCG(seed, 2)), clock: &clock{now: start}, stored: map[string]usage.Day{}, seen: map[string]int{},
		oracle: oracle{used: map[string]usage.Tally{}, buckets: map[string]*pail{}},
	}
	for i := range 4 {
		w.keys = append(w.keys, key(fmt.Sprint("k", i)))
	}
	for i := range 3 {
		p := plan(fmt.Sprint("p", i), nil, nil)
		p.Keys = []string{"k0"}
		p.APIStages = nil
		w.plans = append(w.plans, p)
	}
	w.real = usage.New(w.clock.Now)
	for range 10 {
		w.change()
	}
	return w
}

func (w *world) stage() gateway.StageKey {
	return gateway.StageKey{API: "a1", Stage: []string{"prod", "test", "beta"}[w.IntN(3)]}
}

// replace tells Plans what holds now, in copies that are its own.
func (w *world) replace() {
	plans := slices.Clone(w.plans)
	for i := range plans {
		plans[i].Keys, plans[i].APIStages = slices.Clone(plans[i].Keys), slices.Clone(plans[i].APIStages)
	}
	w.real.Replace(slices.Clone(w.keys), plans)
}

// change changes one thing about a key or a plan.
func (w *world) change() {
	p, k := &w.plans[w.IntN(len(w.plans))], &w.keys[w.IntN(len(w.keys))]
	switch w.IntN(6) {
	case 0:
		k.Enabled = w.IntN(4) > 0
	case 1:
		w.move(p, k.ID)
	case 2:
		s := w.stage()
		stages := len(p.APIStages)
		p.APIStages = slices.DeleteFunc(slices.Clone(p.APIStages), func(a gateway.APIStage) bool { return a.Stage == s.Stage })
		if len(p.APIStages) == stages {
			p.APIStages = append(p.APIStages, gateway.APIStage{APIID: s.API, Stage: s.Stage})
		}
	case 3, 4:
		p.Quota = nil
		if w.IntN(3) > 0 {
			periods := []string{gateway.PeriodDay, gateway.PeriodWeek, gateway.PeriodMonth}
			p.Quota = &gateway.Quota{Limit: w.IntN(60), Offset: w.IntN(5), Period: periods[w.IntN(3)]}
		}
	case 5:
		p.Throttle = nil
		if w.IntN(3) > 0 {
			p.Throttle = throttle([]float64{0.01, 0.3, 1, 7, 1000}[w.IntN(5)], w.IntN(6))
		}
	}
	w.replace()
}

// move puts a key under a plan, or takes it away, and with it what it has used.
func (w *world) move(p *usage.Plan, key string) {
	i := slices.Index(p.Keys, key)
	p.Keys = slices.Clone(p.Keys)
	if i < 0 {
		p.Keys = append(p.Keys, key)
		return
	}
	p.Keys = slices.Delete(p.Keys, i, i+1)
	delete(w.buckets, p.ID+key)
	for day := start.Truncate(24 * time.Hour); !day.After(w.clock.now); day = day.AddDate(0, 0, 1) {
		delete(w.used, object(p.ID, key, day.Format(time.DateOnly)))
		delete(w.stored, object(p.ID, key, day.Format(time.DateOnly)))
	}
}

// write writes down what has changed, unless it fails.
func (w *world) write(fails bool) {
	days := w.real.Changed()
	if fails {
		w.real.Unwritten(days)
		return
	}
	for _, d := range days {
		w.stored[string(d.Object())] = d
		if d.Gone {
			delete(w.stored, string(d.Object()))
		}
	}
}

// restart begins anew from what was written down; what was not is forgotten.
func (w *world) restart() {
	if w.IntN(2) == 0 {
		w.write(false)
	} else {
		w.lost++
	}
	w.used, w.buckets = map[string]usage.Tally{}, map[string]*pail{}
	var days []usage.Day
	for at, d := range w.stored {
		w.used[at] = d.Tally
		days = append(days, d)
	}
	w.real = usage.New(w.clock.Now)
	w.replace()
	w.real.Restore(days)
}

// set sets what is left to a key, as UpdateUsage does: it is written at once.
func (w *world) set() {
	p := &w.plans[w.IntN(len(w.plans))]
	if len(p.Keys) == 0 {
		return
	}
	d := usage.Day{Plan: p.ID, Key: p.Keys[w.IntN(len(p.Keys))], Date: w.clock.now.Format(time.DateOnly)}
	d.Tally = w.real.History(d.Plan, d.Key).Tally(d.Date)
	d.Set(int64(w.IntN(40)))
	w.stored[string(d.Object())] = d
	w.used[string(d.Object())] = d.Tally
	w.real.Restore([]usage.Day{d})
}

// compare compares one answer about the past, or about the days to come.
func (w *world) compare() {
	p, key := &w.plans[w.IntN(len(w.plans))], fmt.Sprint("k", w.IntN(4))
	if !slices.Contains(p.Keys, key) {
		return
	}
	day := w.clock.now.AddDate(0, 0, 5-w.IntN(40))
	if day.Before(start) {
		return
	}
	date := day.Format(time.DateOnly)
	if got, want := w.real.Used(p.ID, key, date), w.used[object(p.ID, key, date)].Used; got != want {
		w.Fatalf("%s: %s has used %d of %s on %s, want %d", w.clock.now, key, got, p.ID, date, want)
	}
	if got, want := w.real.History(p.ID, key).Left(p.Quota, day), w.left(p, key, day); got != want {
		w.Fatalf("%s: %s has %d left of %s (%+v) on %s, want %d", w.clock.now, key, got, p.ID, p.Quota, date, want)
	}
}

// step does one thing, most often a request.
func (w *world) step() {
	switch n := w.IntN(1000); {
	case n < 850:
		stage, id := w.stage(), fmt.Sprint("k", w.IntN(5))
		holder, err := w.real.Admit(stage, value(id))
		got, want := outcome(w.T, holder, err), w.admit(w.clock.now, stage, value(id))
		if got != want {
			w.Fatalf("%s: %s on %s: got %q, want %q", w.clock.now, id, stage.Stage, got, want)
		}
		w.seen[want]++
	case n < 900:
		w.clock.set(w.clock.now.Add(time.Duration(w.Int64N(int64(3 * time.Second)))))
	case n < 915:
		w.clock.set(w.clock.now.Add(time.Duration(w.Int64N(int64(40 * time.Hour)))))
	case n < 950:
		w.compare()
	case n < 970:
		w.write(w.IntN(3) == 0)
	case n < 985:
		w.change()
	case n < 995:
		w.set()
	default:
		w.restart()
	}
}

func TestAgainstOracle(t *testing.T) {
	seen, lost := map[string]int{}, 0
	for seed := range uint64(60) {
		w := newWorld(t, seed)
		for range 3000 {
			w.step()
		}
		for what, n := range w.seen {
			seen[what] += n
		}
		lost += w.lost
	}
	for _, what := range []string{"ok", forbidden, tooMany, exceeded} {
		if seen[what] < 1000 {
			t.Errorf("%q was met %d times: the test tests little", what, seen[what])
		}
	}
	t.Logf("%v, %d restarts that lost what was not written", seen, lost)
}
