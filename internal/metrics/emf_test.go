package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// document is a line of EMF, as the schema in "Specification: Embedded metric format" of the CloudWatch user guide has it.
type document struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
}

// read checks lines by that schema, and returns their members but _aws, and which dimension sets each has.
func read(t *testing.T, lines []byte) (members []map[string]any, dimensions [][][]string) {
	t.Helper()
	for line := range bytes.Lines(lines) {
		var d document
		var all map[string]any
		if err := errors.Join(json.Unmarshal(line, &d), json.Unmarshal(line, &all)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		delete(all, "_aws")
		if len(d.AWS.CloudWatchMetrics) != 1 || d.AWS.Timestamp != noon.UnixMilli() {
			t.Fatalf("not one directive at noon: %s", line)
		}
		directive := d.AWS.CloudWatchMetrics[0]
		if directive.Namespace != "Gangway" || len(directive.Metrics) > 100 {
			t.Errorf("another namespace, or too many metrics: %s", line)
		}
		for _, set := range directive.Dimensions {
			for _, name := range set {
				if _, ok := all[name].(string); !ok {
					t.Errorf("the dimension %s is no text: %s", name, line)
				}
			}
		}
		for _, metric := range directive.Metrics {
			_, number := all[metric.Name].(float64)
			_, several := all[metric.Name].(map[string]any)
			fits := number && metric.Unit == "Count" || several && metric.Unit == "Milliseconds"
			if !fits {
				t.Errorf("the metric %s has no value, or not of its unit: %s", metric.Name, line)
			}
		}
		members, dimensions = append(members, all), append(dimensions, directive.Dimensions)
	}
	return members, dimensions
}

// TestEMF has what was counted told once.
func TestEMF(t *testing.T) {
	m := little(metrics.Config{Detailed: func(stage gateway.StageKey, route string) bool {
		return stage == prod && route == "say"
	}})
	members, dimensions := read(t, m.AppendEMF(nil, noon))
	wanted := []map[string]any{
		{
			"ApiId": "a1b2c3", "Stage": "prod", "ConnectCount": 2.0, "MessageCount": 6.0, "ClientError": 2.0,
			"IntegrationError": 1.0, "ExecutionError": 0.0,
			"IntegrationLatency": map[string]any{
				"Values": []any{0.75, 7.5, 30000.0}, "Counts": []any{7.0, 2.0, 1.0}, "Min": 0.75, "Max": 30000.0,
				"Count": 10.0, "Sum": 60025.0,
			},
		},
		{
			"ApiId": "a1b2c3", "Stage": "prod", "Route": "say", "ConnectCount": 0.0, "MessageCount": 5.0, "ClientError": 1.0,
			"IntegrationError": 0.0, "ExecutionError": 0.0,
			"IntegrationLatency": map[string]any{
				"Values": []any{7.5}, "Counts": []any{2.0}, "Min": 7.5, "Max": 7.5, "Count": 2.0, "Sum": 18.0,
			},
		},
	}
	if diff := cmp.Diff(wanted, members); diff != "" {
		t.Error(diff)
	}
	if sets := [][][]string{{{"ApiId"}, {"ApiId", "Stage"}}, {{"ApiId", "Stage", "Route"}}}; !reflect.DeepEqual(dimensions, sets) {
		t.Errorf("dimensions %v, want %v", dimensions, sets)
	}
	if again := m.AppendEMF(nil, noon); len(again) > 0 {
		t.Errorf("told twice: %s", again)
	}
	m.Observe(message(prod, "say"))
	members, _ = read(t, m.AppendEMF(nil, noon))
	if len(members) != 2 || members[0]["MessageCount"] != 2.0 || members[1]["MessageCount"] != 2.0 {
		t.Errorf("one message and its reply are told as %v", members)
	}
}

// TestEMFRun has counts written every minute, and the last ones at the end.
func TestEMFRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New(metrics.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		var written []string
		w := writer(func(p []byte) (int, error) {
			written = append(written, string(p))
			if len(written) == 1 {
				return 0, io.ErrClosedPipe
			}
			return len(p), nil
		})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			m.Run(ctx, 0, w)
		}()
		for range 2 {
			m.Observe(message(prod, "say"))
			<-time.After(time.Minute)
			synctest.Wait()
		}
		<-time.After(time.Minute) // nothing has happened
		m.Observe(message(prod, "say"))
		cancel()
		<-ended
		if len(written) != 3 || slices.ContainsFunc(written, func(lines string) bool { return strings.Count(lines, "\n") != 1 }) {
			t.Errorf("want three lines, one for each minute in which there was something: %q", written)
		}
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
