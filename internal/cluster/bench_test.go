package cluster_test

import (
	"fmt"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// filled has n routes in each of some APIs.
func filled(b *testing.B, apis, n int) *cluster.Objects {
	b.Helper()
	c, err := cluster.Open(b.Context(), cluster.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() }) // the folder goes
	err = c.Objects().Update(b.Context(), me, func(tx *cluster.Tx) error {
		for api := range apis {
			for route := range n {
				if err := tx.Put(gateway.Key(fmt.Sprintf("apis/a%d/routes/r%d", api, route)), map[string]string{"routeKey": "chat"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return c.Objects()
}

// BenchmarkUpdate10000 changes one object among 10,000, in the clear and sealed.
func BenchmarkUpdate10000(b *testing.B) {
	for _, key := range []gateway.Key{"apis/a1/routes/r500", "credentials/ann"} {
		b.Run(key.Kind(), func(b *testing.B) {
			objects := filled(b, 10, 1000)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := objects.Update(b.Context(), me, func(tx *cluster.Tx) error { return tx.Put(key, n) }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLifeOfAnAPI creates an API route by route, with a look at those there are, and deletes it, beside 10,000 objects
// of others. The time of one route must not grow with their number.
func BenchmarkLifeOfAnAPI(b *testing.B) {
	for _, routes := range []int{30, 300} {
		b.Run(fmt.Sprint(routes), func(b *testing.B) {
			objects := filled(b, 10, 1000)
			update := func(fn func(tx *cluster.Tx) error) {
				if err := objects.Update(b.Context(), me, fn); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				update(func(tx *cluster.Tx) error { return tx.Put("apis/new", "chat") })
				for n := range routes {
					update(func(tx *cluster.Tx) error {
						_ = tx.List("apis/new/routes")
						return tx.Put(gateway.Key(fmt.Sprintf("apis/new/routes/r%d", n)), "chat")
					})
				}
				update(func(tx *cluster.Tx) error { tx.Delete("apis/new"); return nil })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*routes), "ns/route")
		})
	}
}

// BenchmarkDelete10000 deletes one object of 10,000 siblings and puts it again.
func BenchmarkDelete10000(b *testing.B) {
	objects := filled(b, 1, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		for _, fn := range []func(tx *cluster.Tx) error{
			func(tx *cluster.Tx) error { tx.Delete("apis/a0/routes/r1"); return nil },
			func(tx *cluster.Tx) error { return tx.Put("apis/a0/routes/r1", "chat") },
		} {
			if err := objects.Update(b.Context(), me, fn); err != nil {
				b.Fatal(err)
			}
		}
	}
}
