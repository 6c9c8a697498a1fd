package journal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/journal"
)

var keys = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}

// fakeAWS is CloudWatch Logs and Firehose as a transport. It checks each call as the services would.
type fakeAWS struct {
	*testing.T
	keys aws.Credentials

	mu      sync.Mutex
	made    map[string]bool // log groups, and streams in them
	lines   map[string][]string
	calls   []string
	largest int // most lines in a call
	answer  func(action string) (status int, body string)
}

func newFake(t *testing.T) *fakeAWS {
	t.Helper()
	return &fakeAWS{T: t, keys: keys, made: map[string]bool{}, lines: map[string][]string{}}
}

// asked is what the calls have in them.
type asked struct {
	LogGroupName, LogStreamName, DeliveryStreamName string
	LogEvents                                       []struct {
		Timestamp int64
		Message   string
	}
	Records []struct{ Data []byte }
}

// RoundTrip implements http.RoundTripper.
func (f *fakeAWS) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	f.verify(r, body)
	var in asked
	if err := json.Unmarshal(body, &in); err != nil {
		f.Errorf("%s: %v", body, err)
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, action)
	status, answer := 0, ""
	if f.answer != nil {
		status, answer = f.answer(action)
	}
	if status == 0 {
		status, answer = f.do(action, &in)
	}
	if status < 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(answer)), Header: http.Header{}, Request: r}, nil
}

// verify signs the request again, and compares.
func (f *fakeAWS) verify(r *http.Request, body []byte) {
	service, _, _ := strings.Cut(r.URL.Host, ".")
	wantTarget := map[string]string{"logs": "Logs_20140328.", "firehose": "Firehose_20150804."}[service]
	if r.Method != http.MethodPost || r.URL.Path != "/" || wantTarget == "" || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), wantTarget) ||
		r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		f.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		f.Error(err)
	}
	again := r.Clone(context.Background())
	got := again.Header.Get("Authorization")
	again.Header.Del("Authorization")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(context.Background(), f.keys, again, hex.EncodeToString(sum[:]), service, "eu-west-1", at); err != nil {
		f.Error(err)
	}
	if want := again.Header.Get("Authorization"); got != want || got == "" {
		f.Errorf("signed %q, want %q", got, want)
	}
}

func (f *fakeAWS) do(action string, in *asked) (status int, answer string) {
	stream := in.LogGroupName + " " + in.LogStreamName
	switch action {
	case "CreateLogGroup", "CreateLogStream":
		if f.made[stream] {
			return 400, `{"__type":"ResourceAlreadyExistsException","message":"it exists"}`
		}
		f.made[stream] = true
	case "PutLogEvents":
		if !f.made[stream] || !f.made[in.LogGroupName+" "] {
			return 400, `{"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"no such log stream"}`
		}
		f.putLogEvents(in)
	case "PutRecordBatch":
		f.largest = max(f.largest, len(in.Records))
		for _, r := range in.Records {
			f.lines[in.DeliveryStreamName] = append(f.lines[in.DeliveryStreamName], string(r.Data))
		}
		return 200, `{"FailedPutCount":0,"RequestResponses":[]}`
	default:
		f.Errorf("%s is not an action", action)
	}
	return 200, "{}"
}

// putLogEvents holds a call to the constraints in "PutLogEvents" of the API reference.
func (f *fakeAWS) putLogEvents(in *asked) {
	size := 0
	for i, e := range in.LogEvents {
		size += len(e.Message) + 26
		if e.Message == "" || i > 0 && e.Timestamp < in.LogEvents[i-1].Timestamp {
			f.Errorf("event %d is empty or out of order: %+v", i, e)
		}
		f.lines[in.LogGroupName] = append(f.lines[in.LogGroupName], e.Message)
	}
	f.largest = max(f.largest, len(in.LogEvents))
	if len(in.LogEvents) == 0 || len(in.LogEvents) > 10_000 || size > 1_048_576 {
		f.Errorf("%d events, %d bytes", len(in.LogEvents), size)
	}
}

// cloud is the configuration of a journal that calls the fake.
func (f *fakeAWS) cloud() journal.Config {
	return journal.Config{Cloud: &journal.Cloud{
		Region: "eu-west-1", Stream: "node:1", Transport: f,
		Credentials: func(context.Context) (aws.Credentials, error) { return f.keys, nil },
	}}
}

func TestCloudWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		j := openJournal(t, f.cloud())
		logs := newStage(t, j, stageWith(groupARN))
		for n := range 3 {
			logs.Observe(numbered(n))
		}
		closeJournal(t, j)
		if got := strings.Join(f.lines["/chat/access"], " "); got != "0 1 2" {
			t.Errorf("access log: %s", got)
		}
		if got := f.lines["/aws/apigateway/abcdef1234/prod"]; len(got) != 24 || got[0] != "(0) Extended Request Id: 0" {
			t.Errorf("execution log: %q", got)
		}
		const each = "PutLogEvents CreateLogGroup CreateLogStream PutLogEvents"
		if got := strings.Join(f.calls, " "); got != each+" "+each {
			t.Errorf("calls: %s", got)
		}
		if !f.made["/chat/access node_1"] {
			t.Errorf("streams: %v", f.made)
		}
	})
}

// TestLinger: lines wait for others, but not for long.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		j := openJournal(t, f.cloud())
		logs := newStage(t, j, accessOnly("$context.requestId"))
		for n := range 10 {
			logs.Observe(numbered(n))
			<-time.After(10 * time.Millisecond)
		}
		<-time.After(110 * time.Millisecond)
		synctest.Wait()
		f.mu.Lock()
		if len(f.lines["/chat/access"]) != 10 || len(f.calls) != 4 {
			t.Errorf("%q, %q", f.lines, f.calls)
		}
		f.mu.Unlock()
		closeJournal(t, j)
	})
}

// TestBatches has more lines than a call may have, and more bytes.
func TestBatches(t *testing.T) {
	for format, lines := range map[string]int{"$context.requestId": 25_000, strings.Repeat("x", 3000) + "$context.requestId": 1000} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.made["/chat/access "], f.made["/chat/access node_1"] = true, true
			j := openJournal(t, f.cloud())
			logs := newStage(t, j, accessOnly(format))
			for n := range lines {
				logs.Observe(numbered(n))
			}
			closeJournal(t, j)
			got := f.lines["/chat/access"]
			if len(got) != lines || !strings.HasSuffix(got[lines-1], fmt.Sprint(lines-1)) || len(f.calls) > 6 {
				t.Errorf("%d lines in %d calls of up to %d", len(got), len(f.calls), f.largest)
			}
		})
	}
}

func TestFirehose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		first := true
		f.answer = func(string) (int, string) {
			if !first {
				return 0, ""
			}
			first = false
			responses := strings.Repeat(`{"RecordId":"1"},`, 499) + `{"ErrorCode":"ServiceUnavailableException","ErrorMessage":"slow down"}`
			return 200, `{"FailedPutCount":1,"RequestResponses":[` + responses + `]}`
		}
		j := openJournal(t, f.cloud())
		logs := newStage(t, j, accessTo(streamARN))
		for n := range 1200 {
			logs.Observe(numbered(n))
		}
		closeJournal(t, j)
		got := f.lines["amazon-apigateway-chat"]
		if len(got) != 701 || got[0] != "499\n" || got[700] != "1199\n" || f.largest != 500 || j.Dropped() != 0 {
			t.Errorf("%d lines, %d at a time, %d dropped", len(got), f.largest, j.Dropped())
		}
	})
}

// TestCloudFailures: what may pass is tried again, a few times; what does not is told, and nothing of it has keys in it.
func TestCloudFailures(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		calls  int // of PutLogEvents
		lost   uint64
	}{
		{"refused connection", -1, "", 5, 1},
		{"internal", 500, "<html>", 5, 1},
		{"throttled", 400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, 5, 1},
		{"denied", 400, `{"__type":"AccessDeniedException","message":"no"}`, 1, 1},
		{"not there", 400, `{"__type":"ResourceNotFoundException","message":"no"}`, 2, 1},
		{"clock", 200, `{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1}}`, 1, 1},
		{"odd", 200, `[]`, 5, 1},
		{"redirected", 307, ``, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.answer = func(action string) (int, string) {
					if action != "PutLogEvents" {
						return 0, ""
					}
					return test.status, test.body
				}
				told := &bytes.Buffer{}
				cfg := f.cloud()
				cfg.Log = slog.New(slog.NewTextHandler(told, nil))
				j := openJournal(t, cfg)
				newStage(t, j, accessOnly("$context.requestId")).Observe(numbered(1))
				started := time.Now()
				closeJournal(t, j)
				calls := strings.Count(strings.Join(f.calls, " "), "PutLogEvents")
				if calls != test.calls || j.Dropped() != test.lost || time.Since(started) > 10*time.Second {
					t.Errorf("%d calls, %d lost, %v", calls, j.Dropped(), time.Since(started))
				}
				if got := told.String(); strings.Count(got, "level=ERROR") != 1 || strings.Contains(got, keys.SecretAccessKey) || strings.Contains(got, keys.SessionToken) {
					t.Errorf("told %s", got)
				}
			})
		})
	}
}

// TestCloudRecovers: lines that were lost are noted where they are missing.
func TestCloudRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.made["/chat/access "], f.made["/chat/access node_1"] = true, true
		f.answer = func(string) (int, string) { return 503, "" }
		j := openJournal(t, f.cloud())
		logs := newStage(t, j, accessOnly("$context.requestId"))
		logs.Observe(numbered(1))
		<-time.After(time.Minute)
		f.mu.Lock()
		f.answer = nil
		f.mu.Unlock()
		logs.Observe(numbered(2))
		closeJournal(t, j)
		if got := strings.Join(f.lines["/chat/access"], "|"); got != "2|1 lines were dropped" {
			t.Errorf("%s", got)
		}
	})
}

// TestCloudCloses: a service that does not answer does not keep the node from ending.
func TestCloudCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		cfg := f.cloud()
		cfg.Cloud.Transport = hanging{}
		j := openJournal(t, cfg)
		newStage(t, j, accessOnly("$context.requestId")).Observe(numbered(1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		if err := j.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Second {
			t.Errorf("%v after %v", err, time.Since(started))
		}
		closeJournal(t, j)
		if j.Dropped() != 1 {
			t.Errorf("%d dropped", j.Dropped())
		}
	})
}

type hanging struct{}

// RoundTrip implements http.RoundTripper.
func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestNoKeys: without credentials nobody is called.
func TestNoKeys(t *testing.T) {
	for name, credentials := range map[string]func(context.Context) (aws.Credentials, error){
		"none": nil, "failing": func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no chain") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				cfg := f.cloud()
				cfg.Cloud.Credentials = credentials
				j := openJournal(t, cfg)
				newStage(t, j, accessOnly("$context.requestId")).Observe(numbered(1))
				closeJournal(t, j)
				if len(f.calls) != 0 || j.Dropped() != 1 {
					t.Errorf("%q, %d dropped", f.calls, j.Dropped())
				}
			})
		})
	}
}

// TestEndpoint: what stands in for AWS does not get the gateway's credentials.
func TestEndpoint(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	f := newFake(t)
	f.keys = aws.Credentials{AccessKeyID: "gangway", SecretAccessKey: "gangway"}
	cfg := f.cloud()
	cfg.Cloud.LogsEndpoint, cfg.Cloud.FirehoseEndpoint = "http://logs.localhost:4566/", "http://firehose.localhost:4566"
	cfg.Cloud.Credentials = func(context.Context) (aws.Credentials, error) { return keys, nil }
	j := openJournal(t, cfg)
	newStage(t, j, stageWith(groupARN)).Observe(numbered(1))
	newStage(t, j, stageWith(streamARN)).Observe(numbered(1))
	closeJournal(t, j)
	if len(f.lines) != 3 || j.Dropped() != 0 {
		t.Errorf("%q, %d dropped", f.lines, j.Dropped())
	}
}
