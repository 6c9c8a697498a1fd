package journal_test

import (
	"io"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

func BenchmarkFormat(b *testing.B) {
	for name, format := range map[string]string{
		"clf": journal.FormatCLF, "json": journal.FormatJSON, "xml": journal.FormatXML, "csv": journal.FormatCSV,
	} {
		b.Run(name, func(b *testing.B) {
			f, r := compile(b, format), message()
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = f.Append(dst[:0], r)
			}
		})
	}
}

func BenchmarkExecution(b *testing.B) {
	for name, x := range map[string]journal.Execution{
		"error": journal.NewExecution(journal.LevelError, false), "info": journal.NewExecution(journal.LevelInfo, false),
		"trace": journal.NewExecution(journal.LevelInfo, true),
	} {
		b.Run(name, func(b *testing.B) {
			r := traced(message())
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = x.Append(dst[:0], r)
			}
		})
	}
}

// BenchmarkObserve is what a request pays, when the log is on and when it is off.
func BenchmarkObserve(b *testing.B) {
	for name, s := range map[string]*gateway.Stage{"json": accessOnly(journal.FormatJSON), "off": {}} {
		b.Run(name, func(b *testing.B) {
			j := openJournal(b, journal.Config{Writer: io.Discard})
			logs, r := newStage(b, j, s), message()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					logs.Observe(r)
				}
			})
			closeJournal(b, j)
		})
	}
}

func TestLineAllocates(t *testing.T) {
	for _, format := range []string{journal.FormatCLF, journal.FormatJSON, journal.FormatXML, journal.FormatCSV} {
		f, r := compile(t, format), message()
		dst := f.Append(nil, r)
		if n := testing.AllocsPerRun(100, func() { dst = f.Append(dst[:0], r) }); n > 0 {
			t.Errorf("%v allocations for %s", n, format)
		}
	}
}
