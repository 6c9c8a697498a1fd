package integration_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// TestPlaces: what is put together for each call is the URL that net/url reads when the values stand in the URI.
func TestPlaces(t *testing.T) {
	for _, uri := range []string{
		"http://h/{p}", "http://h:8/a(b)/{p}!/{p}", "http://h/a%2Fb/{p}", "http://h/ä ö/{p}", "http://h//x/{p}", "https://h/{p}?", "http://h/{p}?a=b",
		"http://h/x?{q}", "http://h/x?a={q}&b=?{q}", "http://h?a={q}", "http://h?{q}", "http://h/%7e{p}+;,{p}",
	} {
		for _, value := range []string{"room", "a b", "ä/ö", "%2e%2e", "a+b&c=d?#", `"<>"`, ""} {
			if value == "" && strings.Contains(uri, "{p}") {
				continue // which is an error: see TestPathParameter
			}
			backend := &captured{}
			called := newBackend(t, gateway.IntegrationSettings{
				IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: gateway.Kept(uri), IntegrationMethod: "POST",
				RequestParameters: gateway.Map{"integration.request.path.p": "'x'", "integration.request.path.q": "'x'"},
			}, integration.Env{HTTP: backend})
			_, err := called.Call(t.Context(), &integration.Request{
				Event: messageEvent("x"), Path: gateway.Params{{Name: "p", Value: "old"}, {Name: "p", Value: value}, {Name: "q", Value: value}, {Name: "Q", Value: "no"}},
			})
			if err != nil {
				t.Fatalf("%s: %v", uri, err)
			}
			want, err := url.Parse(strings.NewReplacer("{p}", url.PathEscape(value), "{q}", url.QueryEscape(value)).Replace(uri))
			if err != nil {
				t.Fatal(err)
			}
			if got := backend.last.URL; got.String() != want.String() || got.RequestURI() != want.RequestURI() || got.Path != want.Path {
				t.Errorf("%s with %q: got %s, want %s", uri, value, got, want)
			}
		}
	}
}

// TestFields: fields of one name are one, spelled as the first, be they few or many.
func TestFields(t *testing.T) {
	first := "x-Room"
	few := gateway.Params{{Name: first, Value: "1"}, {Name: "X-ROOM", Value: "2"}, {Name: "Idempotency-Key", Value: "k"}}
	many := slices.Clone(few)
	for i := range 20 {
		many = append(many, gateway.Param{Name: fmt.Sprintf("n%d", i), Value: "v"})
	}
	for _, header := range []gateway.Params{few, many} {
		backend := &captured{}
		called := newBackend(t, gateway.IntegrationSettings{
			IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: "http://h/", IntegrationMethod: "POST",
		}, integration.Env{HTTP: backend})
		if _, err := called.Call(t.Context(), &integration.Request{Event: messageEvent("x"), Header: header, Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		got := backend.last.Header
		if !slices.Equal(got[first], []string{"1", "2"}) || !slices.Equal(got["Idempotency-Key"], []string{"k"}) || len(got) != len(header)-1+4 {
			t.Errorf("of %d: got %v", len(header), slices.Sorted(maps.Keys(got)))
		}
		// One value is not another's room.
		got["User-Agent"] = append(got["User-Agent"], "more")
		if got.Get("Content-Type") != "application/json" {
			t.Errorf("of %d: got %v", len(header), got)
		}
	}
}

// TestHammerServer: calls of one backend have nothing in common.
func TestHammerServer(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s", r.URL.Path, r.Header.Get("Room"), body)
	}))
	defer backend.Close()
	called := newServer(t, backend.URL+"/rooms/{room}", "POST", gateway.Map{"integration.request.path.room": "'x'"})
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for i := range 20 {
				room := fmt.Sprintf("%d-%d", worker, i)
				got, err := called.Call(t.Context(), &integration.Request{
					Event: messageEvent(room), Body: []byte(room),
					Header: gateway.Params{{Name: "Room", Value: room}}, Path: gateway.Params{{Name: "room", Value: room}},
				})
				if want := "/rooms/" + room + " " + room + " " + room; err != nil || string(got.Body) != want {
					t.Errorf("got %v, %v, want %s", got, err, want)
				}
			}
		})
	}
	wait.Wait()
}
