package edge_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gangway/internal/edge"
	"gangway/internal/gateway"
)

// An idle connection costs little more than what its id and its address need, and what its authorizer has said. What its
// client calls itself is kept once, unless no two say the same.
func TestIdleSize(t *testing.T) {
	const clients = 20000
	stages := edge.NewStages()
	s := edge.New(stages, edge.Config{})
	stages.Set(prod, newAPI().compile(t, nil), edge.Settings{})
	for _, test := range []struct {
		agents         int
		identified     bool
		bytes, objects float64 // at most
	}{
		{agents: 1, bytes: 160, objects: 2.5},
		{agents: 1, identified: true, bytes: 280, objects: 2.5},
		{agents: 100, bytes: 200, objects: 3},
		{agents: clients, bytes: 400, objects: 5.5},
	} {
		bytes, objects := grown(func() {
			for i := range clients {
				var who *gateway.Identity
				if test.identified {
					who = identified(i)
				}
				if _, err := s.Hold(handshake(i, test.agents), who); err != nil {
					t.Fatal(err)
				}
			}
		})
		each, most := bytes/clients, objects/clients
		t.Logf("%d kinds of client, identified %t: %.0f bytes in %.2f objects", test.agents, test.identified, each, most)
		if each > test.bytes || most > test.objects {
			t.Errorf("%d kinds of client, identified %t: %.0f bytes in %.2f objects, want %.0f in %.1f", test.agents, test.identified, each, most, test.bytes, test.objects)
		}
	}
	runtime.KeepAlive(s)
}

// grown is what is kept of what do has made.
func grown(do func()) (bytes, objects float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc), float64(after.HeapObjects) - float64(before.HeapObjects)
}

// handshake is that of the ith client, as an HTTP server may pass it on: everything in it is part of one text.
func handshake(i, agents int) *http.Request {
	const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.%06d"
	head := fmt.Sprintf("localhost:8080|10.%d.%d.%d:%d|"+agent, i>>16&255, i>>8&255, i&255, 1024+i%60000, i%agents) + strings.Repeat("|x: y", 40)
	parts := strings.Split(head, "|")
	header := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "User-Agent": {parts[2]},
	}
	return &http.Request{
		Method: http.MethodGet, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: parts[0], RemoteAddr: parts[1],
		RequestURI: path, Header: header, URL: &url.URL{Path: path}, Body: http.NoBody,
	}
}

// identified is what an authorizer says of the ith client, each text on its own.
func identified(i int) *gateway.Identity {
	context := make(gateway.Params, 0, 4)
	for _, name := range []string{"tenant", "role", "locale"} {
		context = append(context, gateway.Param{Name: strings.Clone(name), Value: fmt.Sprint(name, i)})
	}
	return &gateway.Identity{Authorizer: &gateway.Authorization{
		PrincipalID: fmt.Sprint("user-", i), Context: context, Latency: time.Millisecond,
	}}
}

// What is kept of an identity is all of it.
func TestKeptIdentity(t *testing.T) {
	long := strings.Repeat("x", 1<<14)
	for name, who := range map[string]*gateway.Identity{
		"nobody": nil,
		"empty":  {},
		"signed": {AccessKey: "AKIA", AccountID: "123456789012", Caller: "AIDA", User: "AIDA", UserARN: "arn:aws:iam::123456789012:user/a"},
		"key":    {APIKey: "k", APIKeyID: "id"},
		"asked":  {Authorizer: &gateway.Authorization{}},
		"all": {AccessKey: "a", APIKey: long, Authorizer: &gateway.Authorization{
			PrincipalID: "me \u2603", Latency: 29 * time.Second, Context: gateway.Params{{Name: "a", Value: long}, {Name: "", Value: ""}, {Name: "a", Value: "\x00\xff"}},
		}},
	} {
		if diff := cmp.Diff(who, edge.Keep(who), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: got less (-) or more (+):\n%s", name, diff)
		}
	}
}

// Connections come while their stage goes, with clients alike and unlike: each has what is its own.
func TestHammerCohorts(t *testing.T) {
	const clients, rounds = 8, 500
	stages := edge.NewStages()
	s := edge.New(stages, edge.Config{Names: gateway.Names{PublicURL: "ws://localhost:8080"}})
	p := newAPI().compile(t, nil)
	stages.Set(prod, p, edge.Settings{})
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() {
			for j := range rounds {
				r := handshake(i*rounds+j, 1+j%40)
				c, err := s.Hold(r, nil)
				if errors.Is(err, gateway.ErrForbidden) { // the stage was gone
					continue
				}
				if got := c.Describe(); err != nil || got.UserAgent != r.UserAgent() || got.DomainName != "localhost:8080/"+prod.API || got.API != prod.API {
					t.Errorf("got %+v, %v", got, err)
				}
				c.Leave()
			}
		})
	}
	wait.Go(func() {
		for range rounds {
			stages.Set(prod, nil, edge.Settings{})
			stages.Set(prod, p, edge.Settings{})
		}
	})
	wait.Wait()
}
