//go:build linux

package overload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// figures are what a process takes of the machine.
type figures struct {
	resident    int // bytes
	descriptors int
	goroutines  int
	connections int // of WebSocket clients
	allocated   int // bytes, since the start
}

// tick is the unit of times in /proc: USER_HZ, which is 100 on all that Linux runs on.
const tick = 10 * time.Millisecond

// proc is the path of a file about the process: proc(5).
func (p *process) proc(file string) string {
	return fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, file)
}

// memory is a line of /proc/PID/status, in bytes: VmRSS, or VmHWM, the most it has been.
func (p *process) memory(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(p.proc("status"))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	value, _, _ := strings.Cut(rest, " kB")
	kilobytes, err := strconv.Atoi(strings.TrimSpace(value))
	must(t, err)
	return kilobytes << 10
}

// forgetPeak has VmHWM begin anew.
func (p *process) forgetPeak(t *testing.T) {
	t.Helper()
	must(t, os.WriteFile(p.proc("clear_refs"), []byte("5"), 0))
}

// descriptors is how many files and sockets the process has open.
func (p *process) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(p.proc("fd"))
	must(t, err)
	return len(entries)
}

// cpu is the user and system time that the process has taken: proc_pid_stat(5), fields 14 and 15.
func (p *process) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(p.proc("stat"))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may have blanks
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	must(t, errors.Join(err, err2))
	return time.Duration(user+system) * tick
}

// share is the part of one processor that the process takes for a while.
func (p *process) share(t *testing.T, while time.Duration) float64 {
	t.Helper()
	begun, before := time.Now(), p.cpu(t)
	<-time.After(while)
	return float64(p.cpu(t)-before) / float64(time.Since(begun))
}

// scraper asks for metrics, each time by a connection of its own, so that none is left.
var scraper = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// metrics are the samples of /metrics by name, those with labels under each label set and, added up, under the name alone.
func (p *process) metrics(ctx context.Context) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := scraper.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	samples := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			samples[series] = n
			if name, _, labelled := strings.Cut(series, "{"); labelled {
				samples[name] += n
			}
		}
	}
	return samples, err
}

// count adds up the samples of a metric that have a label.
func (p *process) count(t *testing.T, metric, label string) int {
	t.Helper()
	samples, err := p.metrics(t.Context())
	must(t, err)
	return tally(samples, metric, label)
}

func tally(samples map[string]float64, metric, label string) (total int) {
	for series, value := range samples {
		if strings.HasPrefix(series, metric+"{") && strings.Contains(series, label) {
			total += int(value)
		}
	}
	return total
}

// figures looks at the process.
func (p *process) figures(t *testing.T) figures {
	t.Helper()
	m, err := p.metrics(t.Context())
	must(t, err)
	return figures{
		resident: p.memory(t, "VmRSS"), descriptors: p.descriptors(t), goroutines: int(m["go_goroutines"]),
		connections: int(m["gangway_connections"]), allocated: int(m["go_memstats_alloc_bytes_total"]),
	}
}

// slack is how many goroutines more than before are no leak: what the runtime and libraries start when they like.
const slack = 10

// settle waits until a process has no more connections, descriptors and goroutines than before, or fails the test.
func (p *process) settle(t *testing.T, before figures) {
	t.Helper()
	var now figures
	ok := eventually(func() bool {
		now = p.figures(t)
		return now.connections <= before.connections && now.descriptors <= before.descriptors && now.goroutines <= before.goroutines+slack
	})
	if !ok {
		t.Errorf("connections, descriptors and goroutines: %d, %d and %d have become %d, %d and %d", before.connections,
			before.descriptors, before.goroutines, now.connections, now.descriptors, now.goroutines)
	}
}

// eventually asks until something is true, and says whether it became so.
func eventually(is func() bool) bool {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-ticker.C {
		if is() {
			return true
		}
	}
	return is()
}

const megabyte = 1 << 20

// mega is a size in megabytes, to be read.
func mega(bytes int) string { return fmt.Sprintf("%.1f MB", float64(bytes)/megabyte) }
