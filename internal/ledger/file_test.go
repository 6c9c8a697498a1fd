package ledger_test

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"gangway/internal/gateway"
	"gangway/internal/ledger"
)

// alter changes a file that nobody has open.
func alter(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", file(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// An entry in the file has these names, also in the next version.
func TestNames(t *testing.T) {
	e := entry(1)
	e.Attempts, e.Cause, e.Status, e.Reason = 2, "down", 1006, "gone"
	text, err := e.Encode()
	const want = `{"Connection":{"ID":"","API":"a1b2c3d4e5","Stage":"prod","DomainName":"example.com","ConnectedAt":"2023-11-14T22:13:20.000000001Z",` +
		`"SourceIP":"192.0.2.1","UserAgent":"test","Identity":{"AccessKey":"","AccountID":"","Caller":"","User":"","UserARN":"","APIKey":"a secret key",` +
		`"APIKeyID":"","Authorizer":{"PrincipalID":"me","Context":[{"Name":"plan","Value":"secret plan"}],"Latency":1000000}}},"RequestID":"",` +
		`"Status":1006,"Reason":"gone","Attempts":2,"Cause":"down"}`
	got := strings.NewReplacer(string(e.Connection.ID), "", e.RequestID, "").Replace(string(text))
	if err != nil || got != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

// FuzzEntry: whatever is sealed, an entry comes out of it that can be sealed again, or an error.
func FuzzEntry(f *testing.F) {
	for _, e := range []*ledger.Entry{entry(1), {}, {Connection: gateway.Connection{ID: entry(1).Connection.ID}}} {
		text, err := e.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"Connection":{"ID":"L0SM9cOFvHcCIhw=","API":"a","Stage":"b","Identity":{"Authorizer":{}}},"RequestID":"x","Attempts":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ledger.DecodeEntry(text)
		if err != nil {
			if !errors.Is(err, ledger.ErrEntry) || e != nil {
				t.Fatalf("%v, %+v", err, e)
			}
			return
		}
		if _, err := gateway.ParseConnectionID(string(e.Connection.ID)); err != nil || e.Stage() == (gateway.StageKey{}) {
			t.Fatalf("%+v: %v", e, err)
		}
		if again, err := e.Encode(); err != nil {
			t.Fatal(err)
		} else if _, err := ledger.DecodeEntry(again); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

// command is this binary in another role.
func command(t *testing.T, args []string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}
