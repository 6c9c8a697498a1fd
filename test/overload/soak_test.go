//go:build linux

package overload_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// sample is what a process took at a time.
type sample struct {
	at time.Duration
	figures
}

// TestSoak: after a day of normal duty, at the pace of a test, a node takes no more than after an hour: connections that talk,
// others that come and go, pushes, and changes of the definitions.
func TestSoak(t *testing.T) {
	while, err := time.ParseDuration(os.Getenv("GANGWAY_SOAK"))
	if err != nil {
		t.Skip("SKIPPED: GANGWAY_SOAK says for how long, such as 20m, or 60s for a look")
	}
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, engine.flags...).define(t, nil, echoing, naming)
			before := s.rest(t)
			n := affordable(t, 5000)
			all := s.gather(t, n, visitor{})
			must(t, spread(n, func(i int) error { return all[i].identify() }))
			samples, early, late, number := []sample(nil), new(times), new(times), 0
			begun := time.Now()
			for time.Since(begun) < while {
				number++
				into := new(times)
				switch since := time.Since(begun); {
				case since > while/4 && since < while/2: // the quarter after the one in which it warms up
					into = early
				case since > while*3/4:
					into = late
				}
				s.spend(t, all, number, into)
				samples = append(samples, sample{time.Since(begun), s.figures(t)})
			}
			judge(t, samples, n)
			t.Logf("p99 of answers: %s in the second quarter, %s in the last", short(early.quantile(99)), short(late.quantile(99)))
			within(t, "p99 in the last quarter", late.quantile(99), early.quantile(99)*11/10)
			for _, c := range all {
				c.drop()
			}
			s.settle(t, before)
		})
	}
}

// spend is a second of duty, or what takes longer: a fifth of the connections talk, 20 others come and go, ten are pushed to,
// and once in a while a definition changes.
func (s *stage) spend(t *testing.T, all crowd, number int, into *times) {
	t.Helper()
	second := time.NewTimer(time.Second)
	defer second.Stop()
	part := len(all) / 5
	must(t, all[number%5*part:][:part].round(number, into))
	s.churn(t, 20)
	from := number % (len(all) - 10)
	must(t, s.serve(t.Context(), all[from:from+10], &number, new(times)))
	if number%10 == 0 {
		api := "arn:aws:apigateway:" + region + "::/apis" + strings.TrimSuffix(s.path, "/prod")
		_, err := s.control.TagResource(t.Context(), &apigatewayv2.TagResourceInput{ResourceArn: &api, Tags: map[string]string{"note": time.Now().String()}})
		must(t, err)
	}
	<-second.C
}

// judge looks at the samples after the first quarter, in which a process warms up.
func judge(t *testing.T, samples []sample, n int) {
	t.Helper()
	warm := samples[len(samples)/4:]
	first, last := warm[0], warm[len(warm)-1]
	middle := warm[len(warm)/2]
	hourly := slope(warm) * time.Hour.Seconds() / float64(first.resident) * 100
	t.Logf("%d samples: memory %s, %s, %s, by least squares %+.1f %% an hour; goroutines %d, %d; descriptors %d, %d", len(warm), mega(first.resident),
		mega(middle.resident), mega(last.resident), hourly, first.goroutines, last.goroutines, first.descriptors, last.descriptors)
	if span := last.at - first.at; span > 10*time.Minute && hourly > 2 && last.resident > first.resident+4*megabyte {
		t.Errorf("memory grows by %.1f %% an hour", hourly)
	}
	if last.resident > first.resident+first.resident/10+16*megabyte {
		t.Errorf("memory has grown from %s to %s", mega(first.resident), mega(last.resident))
	}
	if last.goroutines > first.goroutines+n/100+slack {
		t.Errorf("%d goroutines have become %d", first.goroutines, last.goroutines)
	}
	if last.descriptors > first.descriptors+workers { // of those who come and go, some are always there
		t.Errorf("%d descriptors have become %d", first.descriptors, last.descriptors)
	}
}

// slope is by how many bytes a second memory grows, by least squares.
func slope(samples []sample) float64 {
	var x, y, xx, xy float64
	n := float64(len(samples))
	for _, s := range samples {
		x += s.at.Seconds() / n
		y += float64(s.resident) / n
	}
	for _, s := range samples {
		xx += (s.at.Seconds() - x) * (s.at.Seconds() - x)
		xy += (s.at.Seconds() - x) * (float64(s.resident) - y)
	}
	if xx == 0 {
		return 0
	}
	return xy / xx
}
