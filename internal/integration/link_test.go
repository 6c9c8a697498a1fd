package integration_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// links say where VPC links lead; they may be changed while backends are called.
type links struct {
	mu sync.Mutex
	to map[string]string
}

func (l *links) upstream(link string) (address string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address, known = l.to[link]
	return address, known
}

func (l *links) set(link, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to[link] = address
}

func (l *links) remove(link string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.to, link)
}

// named is a server that answers with its name.
func named(tb testing.TB, name string) (r *recorder, address string) {
	tb.Helper()
	r = newRecorder(tb, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
	return r, r.Listener.Addr().String()
}

func newLinkTransport(tb testing.TB, options integration.TransportOptions) *integration.Transport {
	tb.Helper()
	transport := integration.NewTransport(options)
	tb.Cleanup(transport.CloseIdleConnections)
	return transport
}

// behind is the definition of a backend behind a link; without a link it is reached as its URI says.
func behind(link, uri string) gateway.IntegrationSettings {
	def := gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: gateway.Kept(uri), IntegrationMethod: "POST",
	}
	if link != "" {
		def.ConnectionType, def.ConnectionID = "VPC_LINK", link
	}
	return def
}

// ask calls a backend and returns what it says, or the error.
func ask(t *testing.T, backend integration.Backend) string {
	t.Helper()
	got, err := backend.Call(t.Context(), &integration.Request{Event: messageEvent("hi"), Body: []byte("hi")})
	if err != nil {
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
		return err.Error()
	}
	return string(got.Body)
}

// TestLinksAreApart: whatever the URI says, and whoever called that host before, a call goes where its link leads. "Set up
// VPC link integrations" in the API Gateway developer guide, with an address in place of a load balancer.
func TestLinksAreApart(t *testing.T) {
	a, addressA := named(t, "a")
	_, addressB := named(t, "b")
	to := &links{to: map[string]string{"la": addressA, "lb": addressB, "direct": ""}}
	env := integration.Env{HTTP: newLinkTransport(t, integration.TransportOptions{}), Upstream: to.upstream}
	uri := "http://" + addressA + "/chat?x=1"
	plain, viaB := newBackend(t, behind("", uri), env), newBackend(t, behind("lb", uri), env)
	viaA, direct := newBackend(t, behind("la", "http://"+addressB+"/"), env), newBackend(t, behind("direct", uri), env)
	elsewhere := newBackend(t, behind("la", "http://nowhere.example:7/deep"), env)
	for range 3 { // from the second time on there are connections to be reused
		for want, backends := range map[string][]integration.Backend{"a": {plain, viaA, direct, elsewhere}, "b": {viaB}} {
			for _, backend := range backends {
				if got := ask(t, backend); got != want {
					t.Fatalf("got an answer of %q, want one of %q", got, want)
				}
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	hosts := map[string]int{}
	for _, request := range a.requests {
		hosts[request.host+request.target]++
	}
	if len(a.requests) != 12 || hosts["nowhere.example:7/deep"] != 3 || hosts[addressB+"/"] != 3 || hosts[addressA+"/chat?x=1"] != 6 {
		t.Errorf("got hosts and paths %v", hosts)
	}
}

// TestLinkChanges: a link that leads elsewhere, goes or comes back does so from the next call on.
func TestLinkChanges(t *testing.T) {
	_, addressA := named(t, "a")
	_, addressB := named(t, "b")
	to := &links{to: map[string]string{}}
	env := integration.Env{HTTP: newLinkTransport(t, integration.TransportOptions{}), Upstream: to.upstream}
	backend, err := integration.New(gateway.DeployedIntegration{Integration: gateway.Integration{
		IntegrationSettings: behind("l", "http://nowhere.example/"),
	}}, env)
	if backend == nil || !errors.Is(err, gateway.ErrConfiguration) || !strings.Contains(err.Error(), `no VPC link "l"`) {
		t.Fatalf("got %v, %v", backend, err)
	}
	for _, step := range []struct {
		act  func()
		want string
	}{
		{func() {}, `there is no VPC link "l"`},
		{func() { to.set("l", addressA) }, "a"},
		{func() { to.set("l", addressB) }, "b"},
		{func() { to.remove("l") }, `there is no VPC link "l"`},
		{func() { to.set("l", addressA) }, "a"},
		{func() { to.set("l", "127.0.0.1") }, "Expected host:port"},
		{func() { to.set("l", ":8080") }, "Expected host:port"},
		{func() { to.set("l", "127.0.0.1:0") }, "Expected host:port"},
		{func() { to.set("l", "127.0.0.1:http") }, "Expected host:port"},
		{func() { to.set("l", "127.0.0.1:65536") }, "Expected host:port"},
		{func() { to.set("l", addressA) }, "a"},
	} {
		step.act()
		if got := ask(t, backend); !strings.Contains(got, step.want) {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}

// TestLinkName: TLS is spoken with the server that the URI names, not with the address.
func TestLinkName(t *testing.T) {
	var names []string
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names = append(names, hello.ServerName) // there is one call at a time
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	to := &links{to: map[string]string{"l": server.Listener.Addr().String()}}
	backend := newBackend(t, behind("l", "https://chat.internal.example/"), integration.Env{
		HTTP: newLinkTransport(t, integration.TransportOptions{}), Upstream: to.upstream,
	})
	_, err := backend.Call(t.Context(), &integration.Request{Event: disconnectEvent()})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error") // nobody has signed its certificate
	if len(names) != 1 || names[0] != "chat.internal.example" {
		t.Errorf("the server was called %q", names)
	}
}

// TestDeniedLink: no link leads where no URI may.
func TestDeniedLink(t *testing.T) {
	admin, address := named(t, "admin")
	own := netip.MustParseAddrPort(address)
	to := &links{to: map[string]string{
		"own": address, "name": strings.Replace(address, "127.0.0.1", "localhost", 1), "metadata": "169.254.169.254:80",
		"any": strings.Replace(address, "127.0.0.1", "0.0.0.0", 1), "straight": "",
	}}
	env := integration.Env{
		HTTP: newLinkTransport(t, integration.TransportOptions{Own: []netip.AddrPort{own}}), Upstream: to.upstream,
	}
	for link := range to.to {
		backend := newBackend(t, behind(link, admin.URL), env)
		_, err := backend.Call(t.Context(), &integration.Request{Event: disconnectEvent()})
		// Where localhost has a second address, that is tried as well, and nobody is there.
		if !errors.Is(err, gateway.ErrConfiguration) && (link != "name" || !errors.Is(err, gateway.ErrUnreachable)) {
			t.Errorf("%s: got %v", link, err)
		}
	}
	if len(admin.requests) != 0 {
		t.Error("the gateway called itself")
	}
}

// TestLinkDefinitions: the id may stand in a variable of the stage, and what cannot be found out fails closed.
func TestLinkDefinitions(t *testing.T) {
	_, address := named(t, "a")
	to := &links{to: map[string]string{"l": address}}
	linked := integration.Env{HTTP: newLinkTransport(t, integration.TransportOptions{}), Upstream: to.upstream}
	variable := linked
	variable.Variables = map[string]string{"link": "l"}
	plain := integration.Env{HTTP: http.DefaultTransport, Upstream: to.upstream}
	blind := integration.Env{HTTP: linked.HTTP}
	for _, test := range []struct {
		name, link string
		env        integration.Env
		want       string
	}{
		{"variable", "${stageVariables.link}", variable, "a"},
		{"no variable", "${stageVariables.link}", linked, `the stage has no variable "link"`},
		{"other transport", "l", plain, "without a way to reach it"},
		{"no links", "l", blind, "without a way to reach it"},
		{"nothing", "l", integration.Env{}, "without a way to reach it"},
	} {
		backend := newBackend(t, behind(test.link, "http://nowhere.example/"), test.env)
		if got := ask(t, backend); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHammerLinks: calls of one link meet only its server, while another link is led to and fro.
func TestHammerLinks(t *testing.T) {
	_, still := named(t, "still")
	_, here := named(t, "here")
	_, there := named(t, "there")
	to := &links{to: map[string]string{"still": still, "moving": here}}
	transport := newLinkTransport(t, integration.TransportOptions{})
	env := integration.Env{HTTP: transport, Upstream: to.upstream}
	resting, moving := newBackend(t, behind("still", "http://chat.example/"), env), newBackend(t, behind("moving", "http://chat.example/"), env)
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for range 50 {
				if got := ask(t, resting); got != "still" {
					t.Errorf("got an answer of %q", got)
				}
			}
		})
		calls.Go(func() {
			for i := range 50 {
				if got := ask(t, moving); got != "here" && got != "there" && !strings.Contains(got, "no VPC link") {
					t.Errorf("got an answer of %q", got)
				}
				switch i % 4 {
				case 0:
					to.set("moving", there)
				case 1:
					to.set("moving", here)
				case 2:
					to.remove("moving")
				default:
					transport.CloseIdleConnections()
				}
			}
		})
	}
	calls.Wait()
}
