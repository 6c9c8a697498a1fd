//go:build linux

package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"gangway/test/load/client"
)

func TestHistogram(t *testing.T) {
	var h client.Histogram
	for i := range 1000 {
		h.Add(time.Duration(i+1) * time.Millisecond)
	}
	text, err := json.Marshal(&h)
	if err != nil {
		t.Fatal(err)
	}
	var again, all client.Histogram
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	all.Merge(&h)
	all.Merge(&again)
	if all.Count() != 2000 {
		t.Errorf("%d counted, expected 2000", all.Count())
	}
	for _, part := range []float64{0, 0.01, 0.5, 0.99} {
		want := time.Duration(part*1000+1) * time.Millisecond
		if got := all.Quantile(part); got < want*96/100 || got > want*104/100 {
			t.Errorf("quantile %g is %v, expected about %v", part, got, want)
		}
	}
}

func TestHistogramOfExtremes(t *testing.T) {
	var h client.Histogram
	for _, d := range []time.Duration{-1, 0, 1, 31, 32, 33, 1 << 62} {
		h.Add(d)
	}
	if h.Count() != 7 || h.Quantile(0.5) > 40 || h.Quantile(1) != 0 {
		t.Errorf("%d counted, median %d", h.Count(), h.Quantile(0.5))
	}
}
