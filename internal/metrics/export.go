package metrics

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Sending.
const (
	exportTimeout = 5 * time.Second
	retryAfter    = time.Second      // if the collector does not say
	maxRetryAfter = 30 * time.Second // meanwhile others wait, and may find no room
	maxResponse   = 64 << 10
	reportedEvery = 10 * time.Second
)

// retryable are the statuses after which the same spans may be sent again: "Retryable Response Codes" in the OpenTelemetry
// Protocol Specification.
var retryable = []int{
	http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// export sends a batch, and once more if that may help: after a while, or at once if there is no time to wait any more.
func (t *Tracer) export(ctx context.Context, batch []span, hurry <-chan struct{}) {
	body := t.encode(batch)
	rejected, again, err := t.send(ctx, body)
	if err != nil && again > 0 {
		timer := time.NewTimer(again)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-hurry:
		}
		rejected, _, err = t.send(ctx, body)
	}
	all := uint64(len(batch))
	if err != nil && rejected == 0 {
		rejected = all
	}
	rejected = min(rejected, all)
	t.failed.Add(rejected)
	t.exported.Add(all - rejected)
	t.report(rejected, err)
}

// report tells of spans that were lost, but not of each.
func (t *Tracer) report(lost uint64, err error) {
	now := time.Now()
	if err == nil || now.Sub(t.reported) < reportedEvery {
		return
	}
	t.reported = now
	t.cfg.Log.Warn("metrics: spans are lost", "spans", lost, "failed", t.failed.Load(), "dropped", t.dropped.Load(), "error", err)
}

// send sends a batch once. If it is to be sent again, it says after which time.
func (t *Tracer) send(ctx context.Context, body []byte) (rejected uint64, again time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, exportTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return 0, 0, fmt.Errorf("metrics: %w", err)
	}
	maps.Copy(req.Header, t.cfg.Header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "gangway/"+cmp.Or(t.cfg.Version, "0"))
	resp, err := t.cfg.Client.Do(req)
	if err != nil {
		return 0, retryAfter, fmt.Errorf("metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to be lost
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if resp.StatusCode == http.StatusOK {
		rejected, err = partial(answer)
		return rejected, 0, err
	}
	err = fmt.Errorf("metrics: the collector of traces has answered %s", resp.Status)
	if slices.Contains(retryable, resp.StatusCode) {
		return 0, waitOf(resp.Header.Get("Retry-After")), err
	}
	return 0, 0, err
}

// partial reads how many spans the collector has not taken, and why. These must not be sent again.
func partial(answer []byte) (rejected uint64, err error) {
	var response exportResponse
	_ = json.Unmarshal(answer, &response) // 200 is 200, even with an answer that makes no sense
	rejected, _ = strconv.ParseUint(response.PartialSuccess.RejectedSpans.String(), 10, 64)
	if rejected == 0 {
		return 0, nil
	}
	why := response.PartialSuccess.ErrorMessage
	return rejected, fmt.Errorf("metrics: the collector of traces has rejected %d spans: %q", rejected, why[:min(len(why), maxText)])
}

// waitOf reads Retry-After (RFC 9110 section 10.2.3).
func waitOf(text string) time.Duration {
	wait := retryAfter
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wait = time.Until(date)
	}
	return min(max(wait, time.Millisecond), maxRetryAfter)
}
