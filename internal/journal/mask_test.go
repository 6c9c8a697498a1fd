package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

// longSecret is longer than what is looked at of a text, and has what JSON and URLs write in other ways.
func longSecret() string {
	var secret strings.Builder
	for i := 0; secret.Len() < 9<<10; i++ {
		fmt.Fprintf(&secret, "canary%04d\"/+%%é\U0001f511", i)
	}
	return secret.String()
}

// TestLongSecrets repeats a secret that is cut off, however it is written and wherever it begins.
func TestLongSecrets(t *testing.T) {
	secret := longSecret()
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	inASCII := strings.ReplaceAll(strings.ReplaceAll(string(quoted), "é", `\u00E9`), "\U0001f511", `\ud83d\udd11`)
	for spelling, text := range map[string]string{
		"plain": secret, "JSON": string(quoted), "ASCII": inASCII, "query": url.QueryEscape("Bearer " + secret), "path": url.PathEscape(secret),
		"shortened": secret[:1000] + "...", "lower": strings.ToLower(url.QueryEscape(secret)),
	} {
		for before := range 1100 {
			if before > 40 && before%97 > 3 {
				continue
			}
			r := traced(message())
			text := strings.Repeat("x", before) + " " + text
			r.Event.Header = gateway.Params{{Name: "Authorization", Value: "Bearer " + secret}}
			r.Detail.Body, r.Detail.Response, r.Integration.Err = []byte(text), []byte(text), errors.New(text)
			canaries(t, strings.Join(executed(t, journal.NewExecution(journal.LevelInfo, true), r), "\n"))
			canaries(t, journal.Discreet(r.Event, r.Integration.Err))
			if t.Failed() {
				t.Fatalf("%s, after %d bytes", spelling, before)
			}
		}
	}
}

// TestLongPassword is in a URI that is cut before the host.
func TestLongPassword(t *testing.T) {
	r := traced(message())
	r.Detail.URI = "https://user:" + strings.Repeat("canary", 1000) + "@backend.example.com/"
	got := strings.Join(executed(t, journal.NewExecution(journal.LevelInfo, true), r), "\n")
	canaries(t, got)
	r.Detail.URI = "https://backend.example.com"
	if got = strings.Join(executed(t, journal.NewExecution(journal.LevelInfo, true), r), "\n"); !strings.Contains(got, r.Detail.URI+"\n") {
		t.Errorf("a host is hidden: %s", got)
	}
}

// TestManySecrets: all words of a header are hidden, and the work does not grow with their number.
func TestManySecrets(t *testing.T) {
	for name, cookie := range largeCookies() {
		for _, field := range []string{"Cookie", "X-Custom"} {
			e := handshake().Event
			e.Header = gateway.Params{{Name: field, Value: cookie}}
			for _, from := range []int{0, 1, 1000, len(cookie) / 2, len(cookie) - 100} {
				words := strings.Fields(cookie[from:])
				if from > 0 && len(words) > 1 {
					words = words[1:] // the first one is a part
				}
				canaries(t, journal.Discreet(e, errors.New("not "+strings.Join(words, ", not "))))
			}
			if got := journal.Discreet(e, errors.New("no such host")); got != "no such host" {
				t.Errorf("%s: %s", name, got)
			}
			err := errors.New(cookie)
			if n := testing.AllocsPerRun(10, func() { _ = journal.Discreet(e, err) }); n > 64 {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
	}
}

// TestSpellings hides secrets with their escapes, and nothing but them.
func TestSpellings(t *testing.T) {
	e := handshake().Event
	e.Header = gateway.Params{
		{Name: "Authorization", Value: "Bearer can\"ary/1+%41é"},
		{Name: "X-Api-Key", Value: "k\"y1"},
		{Name: "Proxy-Authorization", Value: "x abcd,efgh; subprotocol.to,ke,n1234"},
		{Name: "Cookie", Value: "sid=can\xffary-2; theme=can\U0001f511ary-3"},
	}
	for text, want := range map[string]string{
		`(can"ary/1+%41é)`:                     `(***************)`,
		`(can\"ary\/1+%41\u00e9)`:              `(*********************)`,
		`(can%22ary%2f1%2B%2541%C3%A9)`:        `(***************************)`,
		`(Bearer+can%22ary%2F1%2B%2541%c3%a9)`: `(**********************************)`,
		`(k"y1, k\"y1, k%22y1)`:                `(****, *****, ******)`,
		"(can\xffary-2, can\ufffdary-2)":       "(*********, ***********)",
		`(can\ud83d\udd11ary-3)`:               `(********************)`,
		`(\ud83d can\ufffdary-2)`:              `(\ud83d **************)`,
		`\ud83d\u`:                             `\ud83d\u`,
		`100% of \q%zz\u12`:                    `100% of \q%zz\u12`,
		`\ud83`:                                `\ud83`,
		`C:\`:                                  `C:\`,
		`can"ary is none`:                      `can"ary is none`,
		`abcd,efgh to,ke,n1234 abcd efgh`:      `********* *********** abcd efgh`,
		`cut can"ary/`:                         `cut ********`,
	} {
		if got := journal.Discreet(e, errors.New(text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// counted is an error that counts who asks.
type counted struct{ asked *int }

func (c counted) Error() string {
	*c.asked++
	return "no Bearer canary-token"
}

// TestLater works an error out if it is logged.
func TestLater(t *testing.T) {
	n, out := 0, &strings.Builder{}
	e, err := handshake().Event, counted{&n}
	e.Header = gateway.Params{{Name: "Authorization", Value: "Bearer canary-token"}}
	log := slog.New(slog.NewTextHandler(out, nil))
	log.Debug("refused", "error", journal.Later(e, err))
	if n != 0 || out.Len() > 0 {
		t.Errorf("asked %d times for %q", n, out)
	}
	log.Info("refused", "error", journal.Later(e, err))
	if n != 1 || !strings.HasSuffix(out.String(), "error=\"no *******************\"\n") {
		t.Errorf("asked %d times for %q", n, out)
	}
}
