package usage_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// TestHammer has many clients use up quotas while plans are replaced, and days written, handed back, restored and read.
// Exactly as many pass as the quotas say, and all of them are written down.
func TestHammer(t *testing.T) {
	const quota, clients, each = 12000, 16, 2500
	p, clock := newPlans(plan("p1", perDay(quota), nil))
	var passed [2]atomic.Int64
	var all, around sync.WaitGroup
	done := make(chan struct{})
	again := func(f func(round int)) {
		around.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-done:
					return
				default:
					f(round)
				}
			}
		})
	}
	again(func(round int) {
		other := plan("p0", perDay(round), throttle(1, 1))
		other.Keys = []string{"k3"}
		p.Replace(keys, []usage.Plan{other, plan("p1", perDay(quota), nil)})
	})
	written := map[gateway.Key]int64{}
	again(func(round int) {
		days := p.Changed()
		if round%2 == 0 {
			p.Unwritten(days)
			return
		}
		for _, d := range days {
			written[d.Object()] = d.Used
		}
		p.Restore(days)
	})
	again(func(int) { p.History("p1", "k1") })
	for client := range clients {
		all.Go(func() {
			id := []string{"k1", "k2"}[client%2]
			for range each {
				if _, err := p.Admit(prod, value(id)); err == nil {
					passed[client%2].Add(1)
				}
			}
		})
	}
	all.Wait()
	close(done)
	around.Wait()
	for _, d := range p.Changed() {
		written[d.Object()] = d.Used
	}
	date := clock.Now().Format(time.DateOnly)
	for i, id := range []string{"k1", "k2"} {
		day := usage.Day{Plan: "p1", Key: id, Date: date}
		if n := passed[i].Load(); n != quota || p.Used("p1", id, date) != quota || written[day.Object()] != quota {
			t.Errorf("%s: %d pass, %d are counted and %d written; want %d", id, n, p.Used("p1", id, date), written[day.Object()], quota)
		}
	}
}

// TestReplaceAsAWhole moves a key from one plan to another and back. At no time is it in none of them.
func TestReplaceAsAWhole(t *testing.T) {
	p, _ := newPlans(plan("p1", nil, nil))
	empty := plan("p1", perDay(0), throttle(0, 0))
	empty.Keys, empty.APIStages = nil, nil
	var around sync.WaitGroup
	done := make(chan struct{})
	around.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				p.Replace(keys, []usage.Plan{empty, plan("p2", nil, nil)})
				p.Replace(keys, []usage.Plan{plan("p1", nil, nil), empty})
			}
		}
	})
	met := map[string]int{}
	for met["p1"] < 1000 || met["p2"] < 1000 {
		holder, err := p.Admit(prod, value("k1"))
		if err != nil {
			t.Errorf("while the key moves: %v", err)
			break
		}
		met[holder.PlanID]++
	}
	close(done)
	around.Wait()
}
