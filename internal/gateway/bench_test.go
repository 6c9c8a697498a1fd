package gateway_test

import (
	"testing"

	"gangway/internal/gateway"
)

// BenchmarkIDs makes ids alone and on all processors at once.
func BenchmarkIDs(b *testing.B) {
	for _, kind := range []struct {
		name string
		make func() string
	}{
		{"request", gateway.NewRequestID},
		{"both of a message", func() string {
			request, _ := gateway.NewMessageIDs()
			return request
		}},
		{"UUID", gateway.NewUUID},
	} {
		b.Run(kind.name+"/alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				kind.make()
			}
		})
		b.Run(kind.name+"/contended", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					kind.make()
				}
			})
		})
	}
}
