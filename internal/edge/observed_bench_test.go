package edge_test

import (
	"io"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/metrics"
	"gangway/internal/tail"
)

// BenchmarkObserved is what observers cost beside a message as [BenchmarkMessage] measures it: client and server are both
// counted, so that shares are a little low; the CPU of the process counts, not the time.
func BenchmarkObserved(b *testing.B) {
	numbers := metrics.New(metrics.Config{})
	for name, settings := range map[string]func(*testing.B) edge.Settings{
		"nobody":  func(*testing.B) edge.Settings { return edge.Settings{} },
		"metrics": func(*testing.B) edge.Settings { return edge.Settings{Observers: []edge.Observer{numbers}} },
		"metrics, tail off": func(*testing.B) edge.Settings {
			return edge.Settings{Observers: []edge.Observer{numbers, &tail.Hub{}}}
		},
		"metrics, access log": func(b *testing.B) edge.Settings {
			b.Helper()
			return edge.Settings{Observers: []edge.Observer{numbers, accessLog(b)}}
		},
	} {
		b.Run(name, func(b *testing.B) {
			integration, pong := mock("pong")
			a := newAPI().route("ping", integration, pong)
			n := start(b, a, edge.Config{})
			n.stages.Set(prod, a.compile(b, newTransport(b)), settings(b))
			c := n.connect(b, nil)
			before := cpuTime(b)
			b.ReportAllocs()
			for b.Loop() {
				c.say(b, `{"action":"ping"}`)
				<-c.messages
				<-c.ops
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

func accessLog(b *testing.B) *journal.StageLogs {
	b.Helper()
	j, err := journal.Open(journal.Config{Writer: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = j.Close(b.Context()) })
	stage := &gateway.Stage{}
	stage.AccessLogSettings = &gateway.AccessLogSettings{
		DestinationARN: "arn:aws:logs:us-east-1:000000000000:log-group:bench", Format: journal.FormatJSON,
	}
	logs, err := journal.NewStage(j, prod, stage)
	if err != nil {
		b.Fatal(err)
	}
	return logs
}
