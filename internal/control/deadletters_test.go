package control_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/control"
	"gangway/internal/gateway"
)

// TestDeadLetters: each operation reaches who has the letters, with the permission for it and no other.
func TestDeadLetters(t *testing.T) {
	const id = "L0SM9cOFvHcCIhw="
	d := newDesk(t)
	var asked []string
	about := func(what string) func(context.Context, gateway.ConnectionID) error {
		return func(_ context.Context, of gateway.ConnectionID) error {
			asked = append(asked, what+" "+string(of))
			return nil
		}
	}
	server := httptest.NewServer(control.New(control.Config{
		Objects: d.objects, Names: gateway.Names{Region: "us-east-1", Account: "123456789012"}, Callers: d.callers, Log: slog.New(slog.DiscardHandler),
		DeadLetters: control.DeadLetters{
			List: func(_ context.Context, from uint64, most int) ([]control.DeadLetter, uint64, error) {
				asked = append(asked, "list")
				return []control.DeadLetter{{ConnectionID: id, Attempts: most + int(from)}}, from + 7, nil
			},
			Retry: about("retry"), Delete: about("delete"),
		},
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	for _, row := range []struct {
		operation, method, path, resource, asked string
		status                                   int
	}{
		{"ListDeadLetters", "GET", "/gangway/deadletters?maxResults=3", "deadletters", "list", 200},
		{"RetryDeadLetter", "POST", "/gangway/deadletters/" + id + "/retry", "deadletters/" + id + "/retry", "retry " + id, 202},
		{"DeleteDeadLetter", "DELETE", "/gangway/deadletters/" + id, "deadletters/" + id, "delete " + id, 204},
	} {
		resource := "arn:aws:gangway:us-east-1:123456789012:" + row.resource
		asked = nil
		may := d.as("may", `{"Statement":{"Effect":"Allow","Action":"gangway:`+row.operation+`","Resource":"`+resource+`"}}`)
		if r := may.do(row.method, row.path, ""); r.status != row.status || strings.Join(asked, ",") != row.asked {
			t.Errorf("%s: %d %v, asked for %v", row.operation, r.status, r.body, asked)
		}
		asked = nil
		r := d.as("maynot", `{"Statement":{"Effect":"Allow","Action":"gangway:ListNodes","Resource":"*"}}`).do(row.method, row.path, "")
		if r.status != http.StatusForbidden || !strings.Contains(r.text("message"), "gangway:"+row.operation+" on resource: "+resource) || asked != nil {
			t.Errorf("%s without: %d %v", row.operation, r.status, r.body)
		}
	}
	first := d.do("GET", "/gangway/deadletters", "")
	second := d.do("GET", "/gangway/deadletters?nextToken="+first.text("nextToken"), "")
	if first.status != http.StatusOK || second.status != http.StatusOK || first.text("nextToken") == second.text("nextToken") {
		t.Errorf("%v, then %v", first.body, second.body)
	}
	if r := d.do("POST", "/gangway/deadletters/nonsense/retry", ""); r.status != http.StatusBadRequest {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := newDesk(t).do("DELETE", "/gangway/deadletters/"+id, ""); r.status != http.StatusNotFound {
		t.Errorf("without a ledger: %d %v", r.status, r.body)
	}
}
