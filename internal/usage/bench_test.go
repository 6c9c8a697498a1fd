package usage_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
)

func BenchmarkLimit(b *testing.B) {
	rate, burst := 1e6, 1<<40 // always enough
	var open, limited usage.Limit
	limited.Set(&rate, &burst)
	for name, l := range map[string]*usage.Limit{"none": &open, "limited": &limited} {
		now := time.Now()
		b.Run(name+"/alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Allow(now)
			}
		})
		b.Run(name+"/contended", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.Allow(now)
				}
			})
		})
		b.Run(name+"/contended with clock", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.Allow(time.Now())
				}
			})
		})
	}
}

// BenchmarkLimitsApart has each processor use limits of its own, of which all were made together, as those of routes are.
func BenchmarkLimitsApart(b *testing.B) {
	rate, burst := 1e6, 1<<40
	var limits [16]usage.Limit
	for i := range limits {
		limits[i].Set(&rate, &burst)
	}
	var next atomic.Int64
	now := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		l := &limits[next.Add(1)%int64(len(limits))]
		for pb.Next() {
			l.Allow(now)
		}
	})
}

// BenchmarkAdmit has 10000 keys, API Gateway's quota.
func BenchmarkAdmit(b *testing.B) {
	p := usage.New(nil)
	one := plan("p1", &gateway.Quota{Limit: 1 << 40, Period: gateway.PeriodMonth}, throttle(1e6, 1e6))
	one.Keys = nil
	var all []gateway.APIKey
	var values []string
	for i := range 10000 {
		id := fmt.Sprint("k", i)
		all, one.Keys, values = append(all, key(id)), append(one.Keys, id), append(values, value(id))
	}
	p.Replace(all, []usage.Plan{one})
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = p.Admit(prod, values[0])
		}
	})
	b.Run("one key contended", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = p.Admit(prod, values[0])
			}
		})
	})
	b.Run("many keys", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				_, _ = p.Admit(prod, values[i%len(values)])
			}
		})
	})
	b.Run("replace", func(b *testing.B) {
		for b.Loop() {
			p.Replace(all, []usage.Plan{one})
		}
	})
	b.Run("changed", func(b *testing.B) {
		for b.Loop() {
			p.Changed()
		}
	})
}
