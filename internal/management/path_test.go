package management_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/management"
	"gangway/internal/sigv4"
)

// witness is a gateway.Connections that notes which connection it was asked for.
type witness struct {
	asked bool
	stage gateway.StageKey
	id    gateway.ConnectionID
}

func (w *witness) note(stage gateway.StageKey, id gateway.ConnectionID) {
	w.asked, w.stage, w.id = true, stage, id
}

func (w *witness) Send(_ context.Context, push gateway.Push) error {
	w.note(push.Stage, push.To)
	return nil
}

func (w *witness) Info(_ context.Context, stage gateway.StageKey, id gateway.ConnectionID) (gateway.ConnectionInfo, error) {
	w.note(stage, id)
	return info, nil
}

func (w *witness) Close(_ context.Context, stage gateway.StageKey, id gateway.ConnectionID) error {
	w.note(stage, id)
	return nil
}

// FuzzPath sends any path, rightly signed, to a door at which every stage is open. What it is taken for must be what a
// plain reader takes it for: API, stage, collection and id, each decoded once, nothing else.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"/prod/@connections/R0oXAdfD0kwCH6w%3D", "/a1/prod/%40connections/R0oXAdfD0kwCH6w=", "/prod/@connections/R0oXAdfD0kwCH6w%3d/",
		"/prod/%2e%2e/dev/@connections/R0oXAdfD0kwCH6w=", "/prod/../dev/@connections/R0oXAdfD0kwCH6w=",
		"/prod%2Fx/@connections/R0oXAdfD0kwCH6w=", "/prod/@connections/R0oXAdfD0kwCH6w%253D", "/prod/@connections/R0oXAdfD0kwCH6w%00",
		"//prod/@connections/R0oXAdfD0kwCH6w=", "/%70rod/@connections/R0oXAdfD0kwCH6w=", "/prod/@connections/R0oXAdfD0kwCH6w=?x", "*",
	} {
		f.Add(path, true)
		f.Add(path, false)
	}
	verifier := &sigv4.Verifier{
		Region: region, Service: "execute-api", Now: func() time.Time { return now },
		Keys: func(string) (sigv4.Key, bool) { return key, true },
	}
	f.Fuzz(func(t *testing.T, target string, byHost bool) {
		var seen witness
		door := management.New(&seen, management.Config{Names: gateway.Names{Region: "us-east-1", Domain: "amazonaws.com"}, Verifier: verifier, Authorize: permit, Open: func(gateway.Address) bool { return true }})
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RequestURI, r.Host = target, "localhost:8080"
		if byHost {
			r.Host = host
		}
		sigv4.Sign(r, nil, key, region, "execute-api", now)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if !seen.asked {
			if w.Code == 200 {
				t.Fatalf("%q: 200 without a look-up", target)
			}
			return
		}
		path, _, _ := strings.Cut(target, "?")
		want := "/" + seen.stage.Stage + "/@connections/" + string(seen.id)
		if !byHost {
			want = "/" + seen.stage.API + want
		}
		if got := strings.TrimSuffix(decodeOnce(path), "/"); got != want {
			t.Fatalf("%q, which reads as %q, was taken for %q", target, got, want)
		}
		low := strings.ToLower(path)
		for _, trick := range []string{"//", "/./", "/../", "%2f", "%5c", `\`, "%00", "\x00"} {
			if strings.Contains(low, trick) {
				t.Fatalf("%q was not refused", target)
			}
		}
	})
}

// decodeOnce replaces %XX from left to right.
func decodeOnce(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := strings.IndexByte(digits, s[i+1]|0x20), strings.IndexByte(digits, s[i+2]|0x20)
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
