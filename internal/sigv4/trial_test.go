package sigv4_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// TestTrialsLeaveNothing has one verifier judge all kinds of calls, good and bad, in any order, and wants of each what a
// verifier says that has seen no other.
func TestTrialsLeaveNothing(t *testing.T) {
	type sample struct {
		name string
		r    *http.Request
		body []byte
	}
	var samples []sample
	for _, form := range []string{"header", "query"} {
		for _, key := range []sigv4.Key{permanent, temporary} {
			for _, path := range paths[:2] {
				c := newCall(form, "POST", path, "hello", key)
				samples = append(samples, sample{form, c.request(), []byte(c.body)})
			}
			for _, m := range mutations {
				if m.form != "" && m.form != form {
					continue
				}
				c := newCall(form, "GET", "/"+strings.Repeat("long", len(samples)), "x", key)
				r, body := stranger(t, *c, m.name)
				samples = append(samples, sample{form + ", " + m.name, r, body})
			}
		}
	}
	judged := func(v *sigv4.Verifier, s sample) string {
		id, err := v.Verify(s.r, s.body)
		return fmt.Sprint(id, err, v.Check(s.r))
	}
	shared, random := testVerifier(), rand.New(rand.NewPCG(5, 6))
	for range 3 * len(samples) {
		s := samples[random.IntN(len(samples))]
		if got, want := judged(shared, s), judged(testVerifier(), s); got != want {
			t.Fatalf("%s:\ngot  %s\nwant %s", s.name, got, want)
		}
	}
}

// TestVerifyMakesOneObject: it is the Identity.
func TestVerifyMakesOneObject(t *testing.T) {
	v, r, body := testVerifier(), serverRequest("POST", paths[2], "hello"), []byte("hello")
	r.Header.Set("Content-Type", "text/plain")
	sigv4.Sign(r, body, permanent, testRegion, testService, testTime)
	least := 1000.0
	for range 100 { // the race detector throws away some of what could be used again
		least = min(least, testing.AllocsPerRun(1, func() {
			if _, err := v.Verify(r, body); err != nil {
				t.Fatal(err)
			}
		}))
	}
	if least != 1 {
		t.Errorf("%v objects", least)
	}
}

// TestDates compares the reader of dates with time.Parse: for the days and times at which it could go wrong, and with any
// character anywhere.
func TestDates(t *testing.T) {
	const format = "20060102T150405Z"
	check := func(s string) {
		t.Helper()
		want, err := time.Parse(format, s)
		ok := err == nil && len(s) == len(format)
		if at, got := sigv4.ParseBasic(s); got != ok || ok && !at.Equal(want) {
			t.Errorf("%q: got %v, %v, want %v, %v", s, at, got, want, ok)
		}
	}
	for _, year := range []int{0, 1, 1600, 1900, 1999, 2000, 2023, 2024, 9999} {
		for month := range 14 {
			for day := range 33 {
				check(fmt.Sprintf("%04d%02d%02dT000000Z", year, month, day))
			}
		}
	}
	for n := range 100 {
		check(fmt.Sprintf("20240219T%02d1142Z", n))
		check(fmt.Sprintf("20240219T07%02d42Z", n))
		check(fmt.Sprintf("20240219T0711%02dZ", n))
	}
	good := testTime.Format(format)
	for i := range good {
		for c := range 256 {
			check(good[:i] + string([]byte{byte(c)}) + good[i+1:])
		}
		check(good[:i])
		check(good[:i] + good[i+1:])
		check(good[:i] + "0" + good[i:])
		check(good[:i] + ".5" + good[i:])
	}
}
