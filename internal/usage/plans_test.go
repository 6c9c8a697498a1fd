package usage_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// Names of pages of the developer guide and of the API reference.
const (
	guide     = "developer guide, Usage plans and API keys for REST APIs in API Gateway"
	responses = "developer guide, Gateway response types for API Gateway"
	quotaPage = "API reference, QuotaSettings"
	ratePage  = "API reference, ThrottleSettings"
)

func TestWhatAClientSees(t *testing.T) {
	disabled := key("k1")
	disabled.Enabled = false
	elsewhere := plan("p1", nil, nil)
	elsewhere.APIStages[0].Stage = "test"
	for _, test := range []struct {
		name, source string
		keys         []gateway.APIKey
		plan         usage.Plan
		value        string
		want         []string
	}{
		{"a key of the plan", guide, keys, plan("p1", nil, nil), value("k1"), []string{"ok", "ok", "ok"}},
		{"no key", responses + ": INVALID_API_KEY", keys, plan("p1", nil, nil), "", []string{forbidden}},
		{"an unknown key", responses + ": INVALID_API_KEY", keys, plan("p1", nil, nil), value("k9"), []string{forbidden}},
		{"the id of a key", responses + ": INVALID_API_KEY", keys, plan("p1", nil, nil), "k1", []string{forbidden}},
		{"a long value", responses + ": INVALID_API_KEY", keys, plan("p1", nil, nil), strings.Repeat("k", 10000), []string{forbidden}},
		{"a disabled key", guide, []gateway.APIKey{disabled}, plan("p1", nil, nil), value("k1"), []string{forbidden}},
		{"a key in no plan", guide, keys, plan("p1", nil, nil), value("k3"), []string{forbidden}},
		{"a key whose plan is for another stage", guide, keys, elsewhere, value("k1"), []string{forbidden}},
		{"a key that is deleted", guide, keys[1:], plan("p1", nil, nil), value("k1"), []string{forbidden}},
		{"a quota", responses + ": QUOTA_EXCEEDED", keys, plan("p1", perDay(2), nil), value("k1"), []string{"ok", "ok", exceeded, exceeded}},
		{"a quota of 0", quotaPage, keys, plan("p1", perDay(0), nil), value("k1"), []string{exceeded}},
		{
			"a quota with an offset", quotaPage, keys,
			plan("p1", &gateway.Quota{Limit: 3, Offset: 2, Period: gateway.PeriodWeek}, nil), value("k1"),
			[]string{"ok", exceeded},
		},
		{
			"an offset above the quota", quotaPage, keys,
			plan("p1", &gateway.Quota{Limit: 3, Offset: 6, Period: gateway.PeriodWeek}, nil), value("k1"),
			[]string{exceeded},
		},
		{"a burst", responses + ": THROTTLED", keys, plan("p1", nil, throttle(1, 2)), value("k1"), []string{"ok", "ok", tooMany, tooMany}},
		{"a rate of 0", ratePage, keys, plan("p1", nil, throttle(0, 5)), value("k1"), []string{tooMany}},
		{"a burst of 0", ratePage, keys, plan("p1", nil, throttle(5, 0)), value("k1"), []string{tooMany}},
		{"rate and burst used up as the quota is", guide, keys, plan("p1", perDay(1), throttle(1, 1)), value("k1"), []string{"ok", exceeded}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Log(test.source)
			p := usage.New(func() time.Time { return start })
			p.Replace(test.keys, []usage.Plan{test.plan})
			expect(t, p, test.value, test.want...)
		})
	}
}

func TestHolder(t *testing.T) {
	p, _ := newPlans(plan("p1", nil, nil))
	holder, err := p.Admit(prod, value("k2"))
	if err != nil || *holder != (usage.Holder{KeyID: "k2", PlanID: "p1"}) {
		t.Errorf("got %+v, %v", holder, err)
	}
	p = usage.New(nil)
	expect(t, p, value("k1"), forbidden)
}

// TestRefusalsHoldNoValue: what is logged of an error must not let its reader in.
func TestRefusalsHoldNoValue(t *testing.T) {
	p, _ := newPlans(plan("p1", perDay(1), nil))
	for _, v := range []string{value("k1"), value("k1"), value("k3"), value("k9")} {
		if _, err := p.Admit(prod, v); err != nil && strings.Contains(err.Error(), v) {
			t.Errorf("the error %q shows the value", err)
		}
	}
}

// TestKeysCountAlone: "throttling and quota limits apply to individual API keys", and over all stages of the plan.
func TestKeysCountAlone(t *testing.T) {
	one := plan("p1", perDay(3), nil)
	one.APIStages = append(one.APIStages, gateway.APIStage{APIID: "a2", Stage: "prod"})
	p, _ := newPlans(one)
	if _, err := p.Admit(gateway.StageKey{API: "a2", Stage: "prod"}, value("k1")); err != nil {
		t.Error(err)
	}
	expect(t, p, value("k1"), "ok", "ok", exceeded)
	expect(t, p, value("k2"), "ok", "ok", "ok", exceeded)
}

// TestFirstPlanCounts: a key is to be in one plan for a stage; where it is in two, the first counts, and the other does not.
func TestFirstPlanCounts(t *testing.T) {
	p, _ := newPlans(plan("p1", nil, nil))
	p.Replace(keys, []usage.Plan{plan("p2", perDay(1), nil), plan("p1", nil, nil)})
	expect(t, p, value("k1"), "ok", exceeded)
	if used := p.Used("p1", "k1", "2026-04-15"); used != 0 {
		t.Errorf("the second plan has counted %d", used)
	}
	first := plan("p2", perDay(1), nil)
	first.APIStages = nil
	p.Replace(keys, []usage.Plan{first, plan("p1", nil, nil)})
	if holder, err := p.Admit(prod, value("k1")); err != nil || holder.PlanID != "p1" {
		t.Errorf("a plan without the stage: got %v, %v", holder, err)
	}
}

func TestPeriods(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.Parse("2006-01-02 15:04:05.999", text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	type step struct {
		at   string
		want []string
	}
	for _, test := range []struct {
		period string
		steps  []step
	}{
		{gateway.PeriodDay, []step{
			{"2026-04-15 23:59:59.999", []string{"ok", "ok", exceeded}},
			{"2026-04-16 00:00:00", []string{"ok", "ok", "ok", exceeded}},
		}},
		{gateway.PeriodWeek, []step{
			{"2026-04-15 10:00:00", []string{"ok"}},
			{"2026-04-18 23:59:59.999", []string{"ok", exceeded}}, // Saturday
			{"2026-04-19 00:00:00", []string{"ok", "ok"}},
			{"2026-04-25 23:59:59", []string{"ok", exceeded}},
			{"2026-04-26 00:00:00", []string{"ok", "ok", "ok", exceeded}},
		}},
		{gateway.PeriodMonth, []step{
			{"2026-01-31 23:59:59", []string{"ok", "ok", exceeded}},
			{"2026-02-01 00:00:00", []string{"ok", "ok"}},
			{"2026-02-28 23:59:59.999", []string{"ok", exceeded}},
			{"2026-03-01 00:00:00", []string{"ok", "ok", "ok", exceeded}},
		}},
	} {
		t.Run(test.period, func(t *testing.T) {
			p, clock := newPlans(plan("p1", &gateway.Quota{Limit: 3, Offset: 1, Period: test.period}, nil))
			for _, s := range test.steps {
				zone := time.FixedZone("far east", 14*3600) // periods are of UTC wherever the clock is
				clock.set(at(s.at).In(zone))
				t.Log(s.at)
				expect(t, p, value("k1"), s.want...)
			}
		})
	}
}

// TestInitialPeriod: the offset is for the period in which a key is first used, even when the days of that have been dropped.
func TestInitialPeriod(t *testing.T) {
	p, clock := newPlans(plan("p1", &gateway.Quota{Limit: 10, Offset: 4, Period: gateway.PeriodMonth}, nil))
	want := 6
	for month := range 12 {
		clock.set(start.AddDate(0, month, 0))
		if got := passed(p, value("k1"), 20); got != want {
			t.Errorf("month %d: %d requests passed, want %d", month, got, want)
		}
		p.Changed()
		want = 10
	}
	clock.set(start.AddDate(3, 0, 0))
	p.Changed()
	if got := passed(p, value("k1"), 20); got != 10 {
		t.Errorf("after years without a request: %d requests passed, want 10", got)
	}
	if got := passed(p, value("k2"), 20); got != 6 {
		t.Errorf("a key that is used for the first time: %d requests passed, want 6", got)
	}
}

// TestReplace: what stays goes on where it was; what changes counts at once.
func TestReplace(t *testing.T) {
	p, _ := newPlans(plan("p1", perDay(5), throttle(1, 4)))
	expect(t, p, value("k1"), "ok", "ok", "ok")
	p.Replace(keys, []usage.Plan{plan("p0", nil, nil), plan("p1", perDay(5), throttle(1, 4))})
	p.Replace(keys, []usage.Plan{plan("p1", perDay(5), throttle(1, 4))})
	expect(t, p, value("k1"), "ok", tooMany)
	p.Replace(keys, []usage.Plan{plan("p1", perDay(4), nil)})
	expect(t, p, value("k1"), exceeded)
	p.Replace(keys, []usage.Plan{plan("p1", &gateway.Quota{Limit: 6, Period: gateway.PeriodWeek}, nil)})
	expect(t, p, value("k1"), "ok", "ok", exceeded)
	p.Replace(nil, []usage.Plan{plan("p1", perDay(7), nil)})
	expect(t, p, value("k1"), forbidden)
	p.Replace(keys, []usage.Plan{plan("p1", perDay(7), nil)})
	expect(t, p, value("k1"), "ok", exceeded)
	p.Replace(keys, nil)
	expect(t, p, value("k1"), forbidden)
	p.Replace(keys, []usage.Plan{plan("p1", perDay(1), nil)})
	expect(t, p, value("k1"), "ok", exceeded)
}

// TestRefusedIsNotCounted: neither by the quota when there is no token, nor the other way round.
func TestRefusedIsNotCounted(t *testing.T) {
	p, clock := newPlans(plan("p1", perDay(3), throttle(1, 1)))
	expect(t, p, value("k1"), "ok", tooMany, tooMany, tooMany, tooMany)
	clock.set(start.Add(time.Second))
	expect(t, p, value("k1"), "ok", tooMany)
	if used := p.Used("p1", "k1", "2026-04-15"); used != 2 {
		t.Errorf("used: got %d, want 2", used)
	}
	p.Replace(keys, []usage.Plan{plan("p1", perDay(0), throttle(1, 3))})
	expect(t, p, value("k1"), exceeded, exceeded, exceeded, exceeded)
	p.Replace(keys, []usage.Plan{plan("p1", perDay(5), throttle(1, 3))})
	expect(t, p, value("k1"), "ok", "ok", "ok", exceeded)
}

// TestSetRemaining: API reference, UpdateUsage.
func TestSetRemaining(t *testing.T) {
	p, clock := newPlans(plan("p1", &gateway.Quota{Limit: 2, Period: gateway.PeriodWeek}, nil))
	set := func(remaining int64) {
		day := usage.Day{Plan: "p1", Key: "k1", Date: clock.Now().Format(time.DateOnly)}
		day.Tally = p.History("p1", "k1").Tally(day.Date)
		day.Set(remaining)
		p.Restore([]usage.Day{day})
	}
	expect(t, p, value("k1"), "ok", "ok", exceeded)
	set(3)
	expect(t, p, value("k1"), "ok")
	clock.set(start.AddDate(0, 0, 1))
	expect(t, p, value("k1"), "ok", "ok", exceeded)
	set(0)
	expect(t, p, value("k1"), exceeded)
	set(2)
	expect(t, p, value("k1"), "ok")
	set(1)
	p.Replace(keys, []usage.Plan{plan("p1", &gateway.Quota{Limit: 100, Period: gateway.PeriodWeek}, nil)})
	expect(t, p, value("k1"), "ok", exceeded)
	clock.set(start.AddDate(0, 0, 4)) // Sunday
	if got := passed(p, value("k1"), 200); got != 100 {
		t.Errorf("the week after: %d requests passed, want 100", got)
	}
}

func TestHistory(t *testing.T) {
	p, clock := newPlans(plan("p1", nil, nil))
	quota := &gateway.Quota{Limit: 100, Period: gateway.PeriodMonth}
	for day := range 5 {
		clock.set(start.AddDate(0, 0, 2*day))
		passed(p, value("k1"), day+1)
	}
	h := p.History("p1", "k1")
	for _, test := range []struct {
		day        string
		used, left int64
	}{
		{"2026-04-14", 0, 100},
		{"2026-04-15", 1, 99},
		{"2026-04-16", 0, 99},
		{"2026-04-19", 3, 94},
		{"2026-04-23", 5, 85},
		{"2026-04-30", 0, 85},
		{"2026-05-01", 0, 100},
	} {
		day, _ := time.Parse(time.DateOnly, test.day)
		if used, left := h.Tally(test.day).Used, h.Left(quota, day); used != test.used || left != test.left {
			t.Errorf("%s: used %d, left %d; want %d, %d", test.day, used, left, test.used, test.left)
		}
		if left := h.Left(nil, day); left != math.MaxInt64 {
			t.Errorf("%s: without a quota %d is left", test.day, left)
		}
	}
	if h := p.History("p1", "k3"); h != nil {
		t.Errorf("a key that is not in the plan: got %v", h)
	}
}

func TestChanged(t *testing.T) {
	p, clock := newPlans(plan("p1", nil, nil))
	expectChanged := func(want ...string) []usage.Day {
		t.Helper()
		days := p.Changed()
		var got []string
		for _, d := range days {
			text := string(d.Object())
			if d.Gone {
				text += " gone"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		return days
	}
	const k1, k2 = "usageplans/p1/keys/k1/usage/", "usageplans/p1/keys/k2/usage/"
	expectChanged()
	expect(t, p, value("k2"), "ok")
	expect(t, p, value("k1"), "ok", "ok")
	p.Unwritten(expectChanged(k1+"2026-04-15", k2+"2026-04-15"))
	expect(t, p, value("k1"), "ok")
	days := expectChanged(k1+"2026-04-15", k2+"2026-04-15")
	if days[0].Used != 3 {
		t.Errorf("used: got %d, want 3", days[0].Used)
	}
	expectChanged()
	expect(t, p, value("k1"), "ok")
	p.Restore(days) // as their own write is told
	expectChanged(k1 + "2026-04-15")
	if used := p.Used("p1", "k1", "2026-04-15"); used != 4 {
		t.Errorf("a write has changed the count to %d, want 4", used)
	}
	expect(t, p, value("k1"), "ok")
	clock.set(start.AddDate(0, 0, 1))
	expect(t, p, value("k1"), "ok")
	expectChanged(k1+"2026-04-15", k1+"2026-04-16")
	clock.set(start.AddDate(0, 0, 91)) // the newest of those that are too old stays
	expectChanged()
	clock.set(start.AddDate(0, 0, 92))
	gone := expectChanged(k1 + "2026-04-15 gone")
	expectChanged()
	p.Unwritten(gone)
	expectChanged(k1 + "2026-04-15 gone")
	expect(t, p, value("k1"), "ok")
	days = p.Changed()
	p.Replace(keys, nil)
	p.Unwritten(days)
	expectChanged()
}

// TestUnwrittenKeepsWhatIsNewer: a client may set what is left while a write fails.
func TestUnwrittenKeepsWhatIsNewer(t *testing.T) {
	p, _ := newPlans(plan("p1", perDay(100), nil))
	day := usage.Day{Plan: "p1", Key: "k1", Date: "2026-04-15"}
	day.Set(10)
	p.Restore([]usage.Day{day})
	expect(t, p, value("k1"), "ok")
	failed := p.Changed()
	day.Tally = p.History("p1", "k1").Tally(day.Date)
	day.Set(2)
	p.Restore([]usage.Day{day})
	p.Unwritten(failed)
	expect(t, p, value("k1"), "ok", "ok", exceeded)
	if days := p.Changed(); len(days) != 1 || *days[0].Remaining != 2 || days[0].At != 1 || days[0].Used != 3 {
		t.Errorf("got %+v", days)
	}
}

func TestReadDay(t *testing.T) {
	const object = gateway.Key("usageplans/p1/keys/k1/usage/2026-04-15")
	fifty := int64(50)
	for text, want := range map[string]usage.Tally{
		`{"remaining":50}`:                    {Remaining: &fifty}, // from before usage was counted
		`{"used":7}`:                          {Used: 7},
		`{"used":7,"remaining":50,"at":3}`:    {Used: 7, Remaining: &fifty, At: 3},
		`{"used":7,"remaining":50,"of":"x"}`:  {Used: 7, Remaining: &fifty},
		`{"used":7,"remaining":null,"at":0 }`: {Used: 7},
	} {
		d, err := usage.ReadDay(object, []byte(text))
		if err != nil || d.Used != want.Used || d.At != want.At || (d.Remaining == nil) != (want.Remaining == nil) {
			t.Errorf("%s: got %+v, %v", text, d, err)
		}
		if d.Remaining != nil && *d.Remaining != fifty || d.Object() != object {
			t.Errorf("%s: got %+v under %s", text, d, d.Object())
		}
	}
	for bad, object := range map[string]gateway.Key{`{`: object, `{"used":"7"}`: object, `{}`: "usageplans/p1/keys/k1/usage/yesterday", ` {}`: "usage"} {
		if d, err := usage.ReadDay(object, []byte(bad)); err == nil {
			t.Errorf("%s under %s: got %+v", bad, object, d)
		}
	}
}

// TestClockSetBack: no request passes twice because it is the same day again.
func TestClockSetBack(t *testing.T) {
	p, clock := newPlans(plan("p1", &gateway.Quota{Limit: 3, Period: gateway.PeriodWeek}, nil))
	expect(t, p, value("k1"), "ok")
	clock.set(start.AddDate(0, 0, -1))
	expect(t, p, value("k1"), "ok")
	clock.set(start.AddDate(0, 0, -2))
	expect(t, p, value("k1"), "ok", exceeded)
	clock.set(start)
	expect(t, p, value("k1"), exceeded)
	for _, period := range []string{gateway.PeriodDay, gateway.PeriodWeek, gateway.PeriodMonth} {
		p, clock := newPlans(plan("p1", &gateway.Quota{Limit: 1, Period: period}, nil))
		first, _ := time.Parse(time.DateOnly, "2026-02-01") // a Sunday
		clock.set(first)
		expect(t, p, value("k1"), "ok", exceeded)
		clock.set(first.Add(-time.Second)) // another period
		expect(t, p, value("k1"), "ok", exceeded)
	}
}
