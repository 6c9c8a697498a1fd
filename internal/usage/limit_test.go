package usage_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/usage"
)

// asked lets clients ask a limit four times for each token, for a minute.
func asked(l *usage.Limit, rate float64) (allowed int) {
	step := float64(time.Second) / rate / 4
	for i := 0.0; i*step < float64(time.Minute); i++ {
		if l.Allow(start.Add(time.Duration(math.Ceil(i * step)))) {
			allowed++
		}
	}
	for l.Allow(start.Add(time.Minute)) {
		allowed++
	}
	return allowed
}

func TestRateOfAMinute(t *testing.T) {
	for _, test := range []struct {
		rate  float64
		burst int
	}{
		{0.05, 1},
		{0.1, 3},
		{0.3, 1},
		{0.99, 10},
		{1, 1},
		{1, 100},
		{2.5, 5},
		{3, 7},
		{10, 1},
		{33.3, 20},
		{100, 200},
		{500, 500},
		{9999, 5000},
		{10000, 5000},
	} {
		t.Run(fmt.Sprintf("%v with %d", test.rate, test.burst), func(t *testing.T) {
			var l usage.Limit
			l.Set(&test.rate, &test.burst)
			for i := range test.burst {
				if !l.Allow(start) {
					t.Fatalf("request %d of a burst of %d is refused", i+1, test.burst)
				}
			}
			if l.Allow(start) {
				t.Fatalf("a burst of more than %d passes", test.burst)
			}
			got, want := asked(&l, test.rate), math.Floor(test.rate*60+1e-6)
			if off := math.Abs(float64(got) - want); off > 0.0002*want {
				t.Errorf("%d requests pass in a minute, want %v", got, want)
			}
		})
	}
}

func TestAbsentMembers(t *testing.T) {
	rate, burst, none, zero, half, huge := 3.0, 2, 0.0, 0, 0.5, 1e12
	for name, test := range map[string]struct {
		rate  *float64
		burst *int
		want  int // of 10 at once
	}{
		"no limit":               {nil, nil, 10},
		"burst alone":            {nil, &burst, 10},
		"rate alone":             {&rate, nil, 3},
		"rate below 1 alone":     {&half, nil, 1},
		"both":                   {&rate, &burst, 2},
		"rate 0":                 {&none, &burst, 0},
		"burst 0":                {&rate, &zero, 0},
		"both 0":                 {&none, &zero, 0},
		"rate 0 alone":           {&none, nil, 0},
		"burst 0 alone":          {nil, &zero, 0},
		"rate beyond any":        {&huge, &burst, 10},
		"rate beyond any, burst": {&huge, &zero, 0},
	} {
		var l usage.Limit
		l.Set(test.rate, test.burst)
		got := 0
		for range 10 {
			if l.Allow(start) {
				got++
			}
		}
		if got != test.want {
			t.Errorf("%s: %d of 10 pass, want %d", name, got, test.want)
		}
		if test.want == 0 && (l.Allow(start.AddDate(1, 0, 0)) || l.Allow(start.AddDate(-50, 0, 0))) {
			t.Errorf("%s: lets pass later", name)
		}
	}
}

func TestExtremes(t *testing.T) {
	for _, rate := range []float64{math.SmallestNonzeroFloat64, 1e-12, 1e6, 9.99e6, math.MaxFloat64, math.Inf(1), math.NaN(), -1} {
		for _, burst := range []int{-1, 1, math.MaxInt32, math.MaxInt} {
			var l usage.Limit
			l.Set(&rate, &burst)
			want := burst > 0 && rate > 0
			for _, at := range []time.Time{start, {}, start.AddDate(400, 0, 0)} {
				l.Allow(at)
			}
			l.Set(nil, nil)
			l.Set(&rate, &burst)
			if got := l.Allow(start); got != want {
				t.Errorf("rate %v, burst %d: got %v, want %v", rate, burst, got, want)
			}
		}
	}
}

func TestSetKeepsWhatIsTheSame(t *testing.T) {
	rate, burst, other := 1.0, 2, 3
	var l usage.Limit
	if !l.Allow(start) {
		t.Error("the zero limit refuses")
	}
	l.Set(&rate, &burst)
	l.Allow(start)
	l.Allow(start)
	again, same := rate, burst
	l.Set(&again, &same)
	if l.Allow(start) {
		t.Error("setting the same again has filled the bucket")
	}
	l.Set(&rate, &other)
	for i, want := range []bool{true, true, true, false} {
		if l.Allow(start) != want {
			t.Errorf("request %d after a change: want %v", i+1, want)
		}
	}
	l.Set(nil, nil)
	if !l.Allow(start) {
		t.Error("no limit refuses")
	}
}

// TestTimesInAnyOrder: goroutines ask in another order than they looked at the clock. Time must not count twice.
func TestTimesInAnyOrder(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		rate, burst := 100.0, 10
		var l usage.Limit
		l.Set(&rate, &burst)
		times := make([]time.Duration, 20000)
		for i := range times {
			times[i] = time.Duration(random.Int64N(int64(9 * time.Second)))
		}
		slices.Sort(times[:10000])
		got := 0
		for _, at := range times {
			if l.Allow(start.Add(at)) {
				got++
			}
		}
		if most := burst + 9*int(rate); got > most {
			t.Errorf("seed %d: %d pass in 9 s, at most %d may", seed, got, most)
		}
	}
}

// TestLimitClockSetBack: a wall clock that is set back by a day closes nothing for a day.
func TestLimitClockSetBack(t *testing.T) {
	rate, burst := 2.0, 4
	var l usage.Limit
	l.Set(&rate, &burst)
	for range burst {
		l.Allow(start)
	}
	back := start.AddDate(0, 0, -1)
	if l.Allow(back) {
		t.Error("the bucket is not empty after the clock was set back")
	}
	if !l.Allow(back.Add(500*time.Millisecond)) || l.Allow(back.Add(500*time.Millisecond)) {
		t.Error("the bucket does not fill after the clock was set back")
	}
}

// TestLimitHammer asks from many goroutines at once, with the real clock, while the limit is set to the same again.
func TestLimitHammer(t *testing.T) {
	rate, burst := 50000.0, 100
	var l usage.Limit
	l.Set(&rate, &burst)
	var allowed atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range 64 {
		all.Go(func() {
			for range 2000 {
				if l.Allow(time.Now()) {
					allowed.Add(1)
				}
				l.Set(&rate, &burst)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if most := float64(burst) + rate*took.Seconds(); float64(allowed.Load()) > most {
		t.Errorf("%d pass in %s, at most %.0f may", allowed.Load(), took, most)
	}
	if allowed.Load() < int64(burst) {
		t.Errorf("%d pass, less than a burst", allowed.Load())
	}
}

func TestAllocations(t *testing.T) {
	rate, burst := 1000.0, 1000
	var open, l usage.Limit
	l.Set(&rate, &burst)
	p, _ := newPlans(plan("p1", perDay(1e6), throttle(1e6, 1e6)))
	v := value("k1")
	expect(t, p, v, "ok")
	for name, f := range map[string]func(){
		"no limit": func() { open.Allow(start) },
		"limit":    func() { l.Allow(start) },
		"admit":    func() { _, _ = p.Admit(prod, v) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
