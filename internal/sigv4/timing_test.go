package sigv4_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// strangers are the changes after which a refusal must take as long as any other.
var strangers = []string{"signature, first digit", "signature, last digit", "unknown key", "other secret"}

// stranger is a call changed in one of these ways, for a verifier that knows the caller.
func stranger(tb testing.TB, c call, name string) (r *http.Request, body []byte) {
	tb.Helper()
	i := slices.IndexFunc(mutations, func(m mutation) bool { return m.name == name })
	if i < 0 {
		tb.Fatalf("there is no mutation %q", name)
	}
	c.header = c.header.Clone()
	if mutations[i].before != nil {
		mutations[i].before(&c)
	}
	r, body = c.request(), []byte(c.body)
	if mutations[i].after != nil {
		mutations[i].after(r, &body)
	}
	return r, body
}

// TestRefusalsDoTheSameWork: as much is hashed whether the first digit of a signature is wrong, or the last, or nobody has the
// key. That the digits are compared in constant time is for package subtle to see to.
func TestRefusalsDoTheSameWork(t *testing.T) {
	for _, form := range []string{"header", "query"} {
		for _, size := range []int{0, 64, 128 << 10} {
			c := newCall(form, "POST", paths[0], strings.Repeat("x", size), permanent)
			v, work := testVerifier(), sigv4.Work{}
			sigv4.Count(v, &work)
			if _, err := v.Verify(c.request(), []byte(c.body)); err != nil {
				t.Fatal(err)
			}
			right := work
			// The body, the canonical request, and two for the MAC.
			if right.Sums != 4 || right.Blocks < size/64+5 {
				t.Errorf("%s of %d bytes: %+v", form, size, right)
			}
			for _, name := range strangers {
				work = sigv4.Work{}
				r, body := stranger(t, *c, name)
				if _, err := v.Verify(r, body); err == nil {
					t.Fatalf("%s was accepted", name)
				}
				if work != right {
					t.Errorf("%s of %d bytes, %s: %+v, want %+v", form, size, name, work, right)
				}
			}
		}
	}
}

// BenchmarkRefusals prints the medians of how long refusals take, of calls that take turns. What was wrong they must not
// tell, beyond what the answer says anyway.
func BenchmarkRefusals(b *testing.B) {
	c := newCall("header", "POST", paths[0], strings.Repeat("x", 64), permanent)
	v := testVerifier()
	took := make([][]float64, 3)
	requests, bodies := make([]*http.Request, len(took)), make([][]byte, len(took))
	for i := range took {
		requests[i], bodies[i] = stranger(b, *c, strangers[i])
	}
	for b.Loop() {
		for i := range took {
			start := time.Now()
			_, err := v.Verify(requests[i], bodies[i])
			took[i] = append(took[i], float64(time.Since(start)))
			if err == nil {
				b.Fatal("accepted")
			}
		}
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	for i := range took {
		slices.Sort(took[i])
		b.ReportMetric(took[i][len(took[i])/2], strings.NewReplacer(" ", "-", ",", "").Replace(strangers[i])+"-ns")
	}
}
