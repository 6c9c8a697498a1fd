package usage_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// start is a Wednesday.
var start = time.Date(2026, time.April, 15, 10, 0, 0, 0, time.UTC)

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

var prod = gateway.StageKey{API: "a1", Stage: "prod"}

// value is the value of the key with an id.
func value(id string) string { return "value-of-the-api-key-" + id }

// key is an enabled key.
func key(id string) gateway.APIKey {
	k := gateway.APIKey{ID: id}
	k.Enabled, k.Value = true, value(id)
	return k
}

// plan is a plan for prod, with the keys k1 and k2.
func plan(id string, quota *gateway.Quota, throttle *gateway.Throttle) usage.Plan {
	p := usage.Plan{Keys: []string{"k1", "k2"}}
	p.ID, p.Quota, p.Throttle = id, quota, throttle
	p.APIStages = []gateway.APIStage{{APIID: prod.API, Stage: prod.Stage}}
	return p
}

var keys = []gateway.APIKey{key("k1"), key("k2"), key("k3")}

func throttle(rate float64, burst int) *gateway.Throttle {
	return &gateway.Throttle{RateLimit: &rate, BurstLimit: &burst}
}

func perDay(limit int) *gateway.Quota { return &gateway.Quota{Limit: limit, Period: gateway.PeriodDay} }

// newPlans are Plans with one plan.
func newPlans(p usage.Plan) (*usage.Plans, *clock) {
	c := &clock{now: start}
	plans := usage.New(c.Now)
	plans.Replace(keys, []usage.Plan{p})
	return plans, c
}

// outcome is what a client would see.
func outcome(t *testing.T, holder *usage.Holder, err error) string {
	t.Helper()
	switch {
	case err == nil && holder != nil:
		return "ok"
	case err == nil || holder != nil:
		t.Fatalf("got holder %v and error %v", holder, err)
	case errors.Is(err, gateway.ErrForbidden):
		return "403 " + told(err)
	case errors.Is(err, gateway.ErrTooMany):
		return "429 " + told(err)
	}
	return err.Error()
}

// told is what a client is told of an error.
func told(err error) string {
	if shown, ok := errors.AsType[*gateway.Error](err); ok {
		return shown.Message
	}
	return err.Error()
}

const (
	forbidden = "403 Forbidden"
	tooMany   = "429 Too Many Requests"
	exceeded  = "429 Limit Exceeded"
)

// expect makes requests and compares what a client would see of each.
func expect(t *testing.T, p *usage.Plans, value string, want ...string) {
	t.Helper()
	for i, w := range want {
		holder, err := p.Admit(prod, value)
		if got := outcome(t, holder, err); got != w {
			t.Errorf("request %d: got %q, want %q", i+1, got, w)
		}
	}
}

// passed makes requests and counts those that pass.
func passed(p *usage.Plans, value string, n int) (ok int) {
	for range n {
		if _, err := p.Admit(prod, value); err == nil {
			ok++
		}
	}
	return ok
}
