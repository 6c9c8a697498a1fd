package management_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/management"
	"gangway/internal/metrics"
	"gangway/internal/sigv4"
	"gangway/internal/usage"
)

// config is that of a door at which the key of the tests may do everything, on one stage.
func config() management.Config {
	return management.Config{
		Names: gateway.Names{Region: region, Account: account, Domain: "amazonaws.com"},
		Verifier: &sigv4.Verifier{
			Region: region, Service: "execute-api", Now: func() time.Time { return now },
			Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
		},
		Authorize: permit,
		Open:      func(a gateway.Address) bool { return a.Stage == prod },
	}
}

// slow is a witness who takes three seconds.
type slow struct{ witness }

func (s *slow) Send(ctx context.Context, push gateway.Push) error {
	<-time.After(3 * time.Second)
	return s.witness.Send(ctx, push)
}

// TestObserve: whoever observes is told of each call what became of it, and nothing of the call before. Of calls that are
// refused it gets no names that the caller has made up.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []metrics.Call
		cfg := config()
		cfg.Observe = func(c *metrics.Call) { seen = append(seen, *c) }
		door := management.New(new(slow), cfg)
		for _, test := range []struct {
			call call
			want metrics.Call
		}{
			{
				call{method: "POST", path: "/prod/@connections/" + string(open), body: "hello"},
				metrics.Call{Stage: prod, Connection: open, Method: "POST", Status: 200, Bytes: 5, Latency: 3 * time.Second},
			},
			{call{method: "GET", path: "/none/@connections/" + string(open), body: "x"}, metrics.Call{Method: "GET", Status: 403}},
			{call{method: "POST", path: "/prod/@connections/" + string(open), sign: unsigned}, metrics.Call{Method: "POST", Status: 403}},
			{call{method: "GET", path: "/prod/@connections/x"}, metrics.Call{Method: "GET", Status: 404}},
			{
				call{method: "DELETE", path: "/prod/@connections/" + string(closed)},
				metrics.Call{Stage: prod, Connection: closed, Method: "DELETE", Status: 204},
			},
			{
				call{method: "GET", path: "/prod/@connections/" + string(open)},
				metrics.Call{Stage: prod, Connection: open, Method: "GET", Status: 200},
			},
		} {
			seen = nil
			start := time.Now()
			r := test.call.do(t, door)
			if len(seen) != 1 {
				t.Fatalf("%s %s was seen %d times", test.call.method, test.call.path, len(seen))
			}
			got := seen[0]
			if got.Header.Get("Authorization") == "" && test.call.sign == nil {
				t.Error("the header of the request is not there")
			}
			got.Header = nil
			test.want.Time, test.want.RequestID = start, r.Header.Get("X-Amzn-RequestId")
			if !got.Time.Equal(start) || got.RequestID != test.want.RequestID {
				t.Errorf("got %v of %s, want %v of %s", got.Time, got.RequestID, start, test.want.RequestID)
			}
			got.Time = test.want.Time
			if got.Stage != test.want.Stage || got.Connection != test.want.Connection || got.Method != test.want.Method ||
				got.Status != test.want.Status || got.Bytes != test.want.Bytes || got.Latency != test.want.Latency {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		}
	})
}

// TestAccountLimit: a call too many is refused before anybody is asked for the connection, but who has no permission is not
// told that there are too many.
func TestAccountLimit(t *testing.T) {
	var asked witness
	cfg := config()
	none := 0.0
	cfg.Account = new(usage.Limit)
	cfg.Account.Set(&none, nil)
	post := call{method: "POST", path: "/prod/@connections/" + string(open), body: "x"}
	wantFault(t, post.do(t, management.New(&asked, cfg)), 429, "LimitExceededException", "Too Many Requests")
	cfg.Authorize = nil
	wantFault(t, post.do(t, management.New(&asked, cfg)), 403, "ForbiddenException", "Forbidden")
	if asked.asked {
		t.Error("the connection was looked up")
	}
}

// hurried is a writer that notes until when a body may be read.
type hurried struct {
	*httptest.ResponseRecorder

	until time.Time
}

func (h *hurried) SetReadDeadline(until time.Time) error {
	h.until = until
	return nil
}

// TestBodyTimeout: a body has ten seconds, whether or not the call is observed. Where there is none nothing is to be read.
func TestBodyTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, size := range []int64{0, 5, -1} {
			cfg := config()
			if size > 0 {
				cfg.Observe = func(*metrics.Call) {}
			}
			body := strings.Repeat("x", max(int(size), 0))
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/prod/@connections/"+string(open), io.NopCloser(strings.NewReader(body)))
			r.Host, r.ContentLength = host, size
			sigv4.Sign(r, []byte(body), key, region, "execute-api", now)
			w := &hurried{ResponseRecorder: httptest.NewRecorder()}
			management.New(new(witness), cfg).ServeHTTP(w, r)
			var want time.Time
			if size != 0 {
				want = time.Now().Add(10 * time.Second)
			}
			if w.Code != http.StatusOK || !w.until.Equal(want) {
				t.Errorf("%d bytes: got %d and until %v, want %v", size, w.Code, w.until, want)
			}
		}
	})
}
