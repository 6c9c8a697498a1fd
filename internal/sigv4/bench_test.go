package sigv4_test

import (
	"strings"
	"testing"

	"gangway/internal/sigv4"
)

func BenchmarkVerify(b *testing.B) {
	for name, c := range map[string]*call{
		"header":       newCall("header", "POST", paths[0], "hello", permanent),
		"header-128KB": newCall("header", "POST", paths[0], strings.Repeat("x", 128<<10), permanent),
		"query":        newCall("query", "GET", "/prod", "", temporary),
	} {
		b.Run(name, func(b *testing.B) {
			v, r, body := testVerifier(), c.request(), []byte(c.body)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := v.Verify(r, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefuse shows whether the time of a refusal tells what was wrong.
func BenchmarkRefuse(b *testing.B) {
	good := newCall("header", "POST", paths[0], "hello", permanent)
	for _, m := range mutations {
		switch m.name {
		case "signature, first digit", "signature, last digit", "unknown key":
		default:
			continue
		}
		b.Run(strings.ReplaceAll(m.name, " ", "-"), func(b *testing.B) {
			c := *good
			if m.before != nil {
				m.before(&c)
			}
			v, r, body := testVerifier(), c.request(), []byte(c.body)
			if m.after != nil {
				m.after(r, &body)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(r, body); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	r := clientRequest("POST", paths[0])
	b.ReportAllocs()
	for b.Loop() {
		sigv4.Sign(r, nil, permanent, testRegion, testService, testTime)
	}
}
