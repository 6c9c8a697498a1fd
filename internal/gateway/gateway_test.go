package gateway_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
)

func TestKey(t *testing.T) {
	key := gateway.Key("").Child("apis", "a1").Child("routes", "r1")
	if key != "apis/a1/routes/r1" || key.Kind() != "routes" || key.ID() != "r1" || key.Up() != "apis/a1/routes" || key.Parent() != "apis/a1" {
		t.Errorf("%s: kind %s, id %s, up %s, parent %s", key, key.Kind(), key.ID(), key.Up(), key.Parent())
	}
	if !key.Within("apis/a1") || !key.Within("") || key.Within("apis/a") || !key.Within(key) {
		t.Error("Within is wrong about what stands below what")
	}
	if key.Parent().Parent() != "" || gateway.Key("").Parent() != "" {
		t.Error("the root has a parent")
	}
}

func TestDefaults(t *testing.T) {
	integration, _ := build(t, new(gateway.Integration), `{"integrationType":"AWS_PROXY","integrationUri":"arn:aws:apigateway:r:lambda:path/x"}`).(*gateway.Integration)
	if err := integration.Validate(); err != nil {
		t.Error(err)
	}
	if integration.IntegrationMethod != "POST" || integration.ConnectionType != "INTERNET" || integration.Timeout() != 29*time.Second {
		t.Errorf("defaults: %+v", integration)
	}
	stage, _ := build(t, new(gateway.Stage), `{"stageName":"dev","accessLogSettings":{}}`).(*gateway.Stage)
	if err := stage.Validate(); err != nil {
		t.Error(err)
	}
	text, err := json.Marshal(stage)
	if err != nil || !strings.Contains(string(text), `"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":false,"loggingLevel":"OFF"},"routeSettings":{},"stageVariables":{}`) {
		t.Errorf("stage %s, %v", text, err)
	}
}

func TestMapAndKeptMerge(t *testing.T) {
	settings := gateway.StageSettings{StageVariables: gateway.Map{"a": "1", "b": "2"}, Description: "was"}
	if err := json.Unmarshal([]byte(`{"stageVariables":{"a":"","c":"3"},"description":""}`), &settings); err != nil {
		t.Fatal(err)
	}
	if v := settings.StageVariables; len(v) != 2 || v["b"] != "2" || v["c"] != "3" || settings.Description != "was" {
		t.Errorf("merged: %v, %q", v, settings.Description)
	}
}

func TestSealedIDs(t *testing.T) {
	sealer := gateway.NewSealer([16]byte{1, 2, 3})
	for range 1000 {
		handle := gateway.Handle{Incarnation: rand.Uint32() >> 8, Slot: rand.Uint32(), Tag: rand.Uint32() >> 8}
		id := sealer.Seal(handle)
		if len(id) != 16 || id[15] != '=' {
			t.Fatalf("id %q has not the shape of API Gateway's", id)
		}
		if _, err := gateway.ParseConnectionID(string(id)); err != nil {
			t.Fatal(err)
		}
		if got, ok := sealer.Open(id); !ok || got != handle {
			t.Fatalf("%v came back as %v, %v", handle, got, ok)
		}
	}
	handle := gateway.Handle{Incarnation: 1, Slot: 1, Tag: 1}
	if got, _ := gateway.NewSealer([16]byte{9}).Open(sealer.Seal(handle)); got == handle {
		t.Error("another key opens the id")
	}
}

func TestParseConnectionID(t *testing.T) {
	for _, good := range []string{"R0oXAdfD0kwCH6w=", "WDGT8fY4joECJrQ="} {
		if _, err := gateway.ParseConnectionID(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "x", "WDGT8fY4joECJrQ=test", "R0oXAdfD0kwCH6w", "R0oXAdfD0kwCH6w%3D", "R0oXAdfD0kw+H6w=", "R0oXAdfD0kwCH6w\n", "AAAAAAAAAAAAAA==", "R0oXAdfD0kwCH6x="} {
		if _, err := gateway.ParseConnectionID(bad); !errors.Is(err, gateway.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzConnectionID(f *testing.F) {
	sealer := gateway.NewSealer([16]byte{7})
	f.Add("R0oXAdfD0kwCH6w=")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := gateway.ParseConnectionID(text)
		if err != nil {
			return
		}
		handle, ok := sealer.Open(id)
		if ok && sealer.Seal(handle) != id {
			t.Errorf("%q opens as %v, which is %q", id, handle, sealer.Seal(handle))
		}
	})
}

// Source: "Invoking a WebSocket API" and "Use @connections commands" in the API Gateway developer guide, for the host
// form; the path form is our own.
func TestResolve(t *testing.T) {
	local := gateway.Names{Region: "us-east-1", PublicURL: "ws://localhost:8080", Hosts: []string{"gateway:8080"}}
	public := gateway.Names{Region: "us-east-1", PublicURL: "wss://ws.example.com", Domain: "example.com"}
	const host = "abc.execute-api.us-east-1.example.com"
	rows := []struct {
		names                                gateway.Names
		host, path, api, stage, domain, rest string
		known                                bool
	}{
		{public, host, "/prod", "abc", "prod", host, "", true},
		{public, "ABC.execute-api.us-east-1.example.com", "/prod/", "abc", "prod", host, "", true},
		{public, host + ":443", "/prod/", "abc", "prod", host, "", true},
		// A port that nobody serves is not passed on, and no signature for it is taken.
		{public, host + ":6379", "/prod", "abc", "prod", host, "", false},
		{public, host + ":8080.evil.example", "/prod", "", "", "", "", false},
		{public, "a'$(id)." + host[4:], "/prod", "", "", "", "", false},
		{public, "[" + host + "]", "/prod", "", "", "", "", false},
		{public, host + ":0", "/prod", "", "", "", "", false},
		{public, host + ":70000", "/prod", "", "", "", "", false},
		{public, "WS.example.com", "/abc/prod", "abc", "prod", "ws.example.com/abc", "", true},
		{local, "[localhost]:8080", "/abc/prod", "abc", "prod", "localhost:8080/abc", "", false},
		{local, "[::1%evil]:8080", "/abc/prod", "abc", "prod", "localhost:8080/abc", "", false},
		{public, "ws.example.com", "/abc/prod", "abc", "prod", "ws.example.com/abc", "", true},
		// Who asks by a name that is not ours is not believed: backends sign for the name that events tell them.
		{public, "evil.example", "/abc/prod", "abc", "prod", "ws.example.com/abc", "", false},
		{public, "abc.execute-api.us-east-1.evil.example", "/abc/prod", "abc", "prod", "ws.example.com/abc", "", false},
		{public, "abc.execute-api.us-east-1.evil.example", "/prod", "", "", "", "", false},
		{public, "localhost:9999", "/abc/prod", "abc", "prod", "ws.example.com/abc", "", false},
		{local, "localhost:9999", "/abc/prod", "abc", "prod", "localhost:8080/abc", "", false},
		{local, host, "/abc/prod", "abc", "prod", "localhost:8080/abc", "", false},
		{local, "127.0.0.1:8080", "/abc/prod", "abc", "prod", "127.0.0.1:8080/abc", "", true},
		{local, "[::1]:8080", "/abc/prod", "abc", "prod", "[::1]:8080/abc", "", true},
		{local, "gateway:8080", "/abc/prod", "abc", "prod", "gateway:8080/abc", "", true},
		{local, "localhost:8080", "/abc/prod/%40connections/x%3D", "abc", "prod", "localhost:8080/abc", "@connections x=", true},
		{local, "localhost:8080", "/abc", "", "", "", "", false},
		{local, "localhost:8080", "/", "", "", "", "", false},
		{local, "localhost:8080", "", "", "", "", "", false},
		{local, "localhost:8080", "//abc/prod", "", "", "", "", false},
		{local, "localhost:8080", "/abc//prod", "", "", "", "", false},
		{local, "localhost:8080", "/abc/../prod", "", "", "", "", false},
		{local, "localhost:8080", "/abc/%2e%2E/prod", "", "", "", "", false},
		{local, "localhost:8080", "/abc/a%2Fb", "", "", "", "", false},
		{local, "localhost:8080", "/abc/a%00", "", "", "", "", false},
		{local, "localhost:8080", "/abc/a%zz", "", "", "", "", false},
	}
	for _, row := range rows {
		a, ok := row.names.Resolve(row.host, row.path)
		if ok != (row.api != "") || a.Stage != (gateway.StageKey{API: row.api, Stage: row.stage}) || a.DomainName != row.domain ||
			strings.Join(a.Path, " ") != row.rest || a.Known != row.known {
			t.Errorf("%s%s: %+v, %v", row.host, row.path, a, ok)
		}
	}
	if got := local.Endpoint("abc"); got != "ws://localhost:8080/abc" {
		t.Errorf("endpoint %s", got)
	}
	if got := public.Endpoint("abc"); got != "wss://abc.execute-api.us-east-1.example.com" {
		t.Errorf("endpoint %s", got)
	}
}

// Names are read by every request at once.
func TestHammerNames(t *testing.T) {
	names := gateway.Names{PublicURL: "ws://localhost:8080", Hosts: append(make([]string, 0, 8), "gateway:8080")}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				if !names.Knows("gateway:8080") || !names.Knows("localhost:8080") || names.Knows("evil.example") {
					t.Error("names are mixed up")
				}
			}
		})
	}
	group.Wait()
}

func TestContextVariables(t *testing.T) {
	event := &gateway.Event{
		Type: gateway.EventMessage, RequestID: "r", MessageID: "m", RouteKey: "say", Time: time.Unix(1708327302, 706e6),
		Connection: &gateway.Connection{ID: "c", API: "a", Stage: "s", DomainName: "d", ConnectedAt: time.Unix(1, 0), SourceIP: "1.2.3.4"},
	}
	for name, want := range map[string]string{
		"connectionId": "c", "apiId": "a", "stage": "s", "domainName": "d", "connectedAt": "1000", "eventType": "MESSAGE",
		"requestId": "r", "extendedRequestId": "r", "messageId": "m", "routeKey": "say", "requestTimeEpoch": "1708327302706",
		"requestTime": "19/Feb/2024:07:21:42 +0000", "identity.sourceIp": "1.2.3.4", "identity.userAgent": "", "disconnectStatusCode": "",
	} {
		read := gateway.ContextVariable(name)
		if read == nil || read(event) != want {
			t.Errorf("%s: want %q", name, want)
		}
	}
	if gateway.ContextVariable("nope") != nil {
		t.Error("there is a variable nope")
	}
}

func TestObjectIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := gateway.NewObjectID(10)
		if len(id) != 10 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || id[0] < 'a' || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

// TestEventIDs: ids of events have the shape of API Gateway's, and a byte that says of what they are.
func TestEventIDs(t *testing.T) {
	seen := map[string]bool{}
	check := func(id string, kind byte) {
		t.Helper()
		raw, err := base64.URLEncoding.Strict().DecodeString(id)
		if err != nil || len(id) != 16 || len(raw) != 11 || raw[8] != kind || seen[id] {
			t.Fatalf("id %q, %v", id, err)
		}
		seen[id] = true
	}
	for range 1000 {
		check(gateway.NewRequestID(), 5)
		request, message := gateway.NewMessageIDs()
		check(request, 5)
		check(message, 2)
	}
}

// TestUUIDs: RFC 9562 section 5.4.
func TestUUIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := gateway.NewUUID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

// TestEventIDsUseTheirBits: of each of the 80 bits there are ones and zeros.
func TestEventIDsUseTheirBits(t *testing.T) {
	var ones, zeros [11]byte
	for range 1000 {
		raw, err := base64.URLEncoding.DecodeString(gateway.NewRequestID())
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range raw {
			ones[i] |= b
			zeros[i] |= ^b
		}
	}
	for i := range ones {
		if i != 8 && (ones[i] != 0xff || zeros[i] != 0xff) {
			t.Errorf("byte %d is never all of its values: ones %08b, zeros %08b", i, ones[i], zeros[i])
		}
	}
}

// TestIDsMakeOneObject: an id is one piece of memory, and so are both of a message.
func TestIDsMakeOneObject(t *testing.T) {
	for name, newID := range map[string]func(){
		"request": func() { gateway.NewRequestID() },
		"message": func() { gateway.NewMessageIDs() },
		"UUID":    func() { gateway.NewUUID() },
	} {
		if n := testing.AllocsPerRun(100, newID); n > 1 {
			t.Errorf("%s: %v objects, want 1", name, n)
		}
	}
}

func BenchmarkOpenID(b *testing.B) {
	sealer := gateway.NewSealer([16]byte{1})
	id := sealer.Seal(gateway.Handle{Incarnation: 1, Slot: 2, Tag: 3})
	b.ReportAllocs()
	for b.Loop() {
		sealer.Open(id)
	}
}
