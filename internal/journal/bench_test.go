package journal_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
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

// BenchmarkDiscreet is for headers of 10 KB, and the errors of backends that repeat them.
func BenchmarkDiscreet(b *testing.B) {
	for name, cookie := range largeCookies() {
		for size, text := range map[string]string{"short": "no such host", "repeated": cookie} {
			b.Run(name+"/"+size, func(b *testing.B) {
				e, err := handshake().Event, errors.New(text)
				e.Header = gateway.Params{{Name: "Cookie", Value: cookie}}
				b.ReportAllocs()
				for b.Loop() {
					_ = journal.Discreet(e, err)
				}
			})
		}
	}
}

// largeCookies are of 10 KB: of many words, of many that begin alike, of one, and of what is everywhere in itself.
func largeCookies() map[string]string {
	const size = 10 << 10
	var words, alike strings.Builder
	for i := 0; words.Len() < size; i++ {
		fmt.Fprintf(&words, "k%d=canary%02d%04d; ", i, i%100, i)
	}
	for i := 0; alike.Len() < size; i++ {
		fmt.Fprintf(&alike, "AAAAAAAAAAAA%04d ", i)
	}
	return map[string]string{
		"words": words.String(), "alike": alike.String(), "one": "canary" + strings.Repeat("0123456789", size/10),
		"itself": strings.Repeat("A", size/2) + " " + strings.Repeat("A", size/4) + " " + strings.Repeat("A", size/4),
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
