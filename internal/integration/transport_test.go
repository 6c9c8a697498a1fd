package integration_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// newSecure starts a server whose certificate nobody has signed.
func newSecure(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// TestDenied has the addresses that no backend may have, in all their spellings, and their neighbours that may.
func TestDenied(t *testing.T) {
	local := localAddress(t)
	options := integration.TransportOptions{Own: []netip.AddrPort{
		netip.MustParseAddrPort("127.0.0.1:8081"), netip.MustParseAddrPort("[::]:4222"),
	}}
	for address, want := range map[string]bool{
		"169.254.169.254:80":                 true,
		"169.254.170.2:80":                   true,
		"[::ffff:169.254.169.254]:80":        true,
		"[64:ff9b::a9fe:a9fe]:80":            true,
		"[::169.254.169.254]:80":             true,
		"[::ffff:0:a9fe:a9fe]:80":            true,
		"[2002:a9fe:a9fe::1]:80":             true,
		"[2002:7f00:1::]:8081":               true,
		"[64:ff9b::7f00:1]:8081":             true,
		"[64:ff9b:1::a9fe:a9fe]:80":          true,
		"[64:ff9b:1:2::a9fe:a9fe]:80":        true,
		"[64:ff9b:1:a9fe:a9:fe00::1]:80":     true, // as a /48 prefix has it
		"[64:ff9b:1:ffa9:fe:a9fe::]:80":      true, // /56
		"[64:ff9b:1:ffff:a9:fea9:fe00::]:80": true, // /64
		"[fe80::1]:80":                       true,
		"[fe80::1%lo]:80":                    true,
		"[fd00:ec2::254]:80":                 true,
		"[fd00:ec2::23]:80":                  true,
		"[fd00:ec2::253]:80":                 true,
		"[fd00:ec3::23]:80":                  false,
		"[fd20:ce::254]:80":                  true,
		"100.100.100.200:80":                 true,
		"168.63.129.16:32526":                true,
		"192.0.0.192:80":                     true,
		"0.0.0.0:8080":                       true,
		"0.1.2.3:80":                         true,
		"[::]:8080":                          true,
		"[::ffff:0.0.0.0]:8080":              true,
		"224.0.0.1:80":                       true,
		"[ff02::1]:80":                       true,
		"255.255.255.255:80":                 true,
		"127.0.0.1:8081":                     true,
		"[::ffff:127.0.0.1]:8081":            true,
		"127.0.0.1:4222":                     true,
		"127.9.9.9:4222":                     true,
		"[::1]:4222":                         true,
		local + ":4222":                      true,
		"localhost:80":                       true, // not an address: names are resolved before
		"":                                   true,
		"127.0.0.1:8080":                     false,
		"127.0.0.2:8081":                     false,
		"[::1]:8081":                         false,
		"10.0.0.1:80":                        false,
		"192.168.1.1:443":                    false,
		"[fd12::1]:80":                       false,
		"203.0.113.9:4222":                   false,
		"[64:ff9b::cb00:7109]:80":            false,
		"[2001:db8::1]:443":                  false,
		"[::ffff:10.0.0.1]:80":               false,
		"[2002:a00:1::1]:80":                 false,
		"[64:ff9b:1::a00:1]:80":              false,
		"[fd20:ce::253]:80":                  false,
		"100.100.100.201:80":                 false,
		"168.63.129.17:80":                   false,
		"192.0.0.191:80":                     false,
		"169.253.255.255:80":                 false,
	} {
		if got := integration.Denies(options, address); got != want {
			t.Errorf("%s: denied %v, want %v", address, got, want)
		}
	}
}

// localAddress is an address of this machine besides the loopback, or the loopback.
func localAddress(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		if network, ok := addr.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	return "127.0.0.1"
}

// TestDeniedCall: the check stands in the way of real calls, by name as well as by address.
func TestDeniedCall(t *testing.T) {
	admin := newRecorder(t, nil)
	own := netip.MustParseAddrPort(admin.Listener.Addr().String())
	transport := integration.NewTransport(integration.TransportOptions{Own: []netip.AddrPort{own}})
	_, port, _ := net.SplitHostPort(admin.Listener.Addr().String())
	for _, uri := range []string{
		admin.URL, "http://[::ffff:127.0.0.1]:" + port, "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0:" + port,
	} {
		backend := newBackend(t, gateway.IntegrationSettings{
			IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: gateway.Kept(uri), IntegrationMethod: "GET",
		}, integration.Env{HTTP: transport})
		_, err := backend.Call(t.Context(), &integration.Request{Event: disconnectEvent()})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
	}
	if len(admin.requests) != 0 {
		t.Error("the gateway called itself")
	}
}

// TestDeniedName: what a name server answers is checked as well.
func TestDeniedName(t *testing.T) {
	for address, want := range map[string]error{
		"169.254.169.254": gateway.ErrConfiguration, "100.100.100.200": gateway.ErrConfiguration, "127.0.0.1": nil,
	} {
		backend := newRecorder(t, nil)
		_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
		transport := integration.NewTransportAsking(answering(netip.MustParseAddr(address)), integration.TransportOptions{})
		t.Cleanup(transport.CloseIdleConnections)
		called := newBackend(t, gateway.IntegrationSettings{
			IntegrationType: gateway.IntegrationHTTPProxy, IntegrationMethod: "GET",
			IntegrationURI: gateway.Kept("http://innocent.example.:" + port),
		}, integration.Env{HTTP: transport})
		_, err := called.Call(t.Context(), &integration.Request{Event: disconnectEvent()})
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), "closed to backends") {
			t.Errorf("%s: got %v, want %v", address, err, want)
		}
	}
}

// answering is a resolver whose name server has one address for every name.
func answering(address netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			for {
				var length uint16 // before each message on a stream: RFC 1035 section 4.2.2
				if binary.Read(far, binary.BigEndian, &length) != nil {
					return
				}
				query := make([]byte, length)
				if _, err := io.ReadFull(far, query); err != nil {
					return
				}
				reply := resolved(query, address)
				if _, err := far.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
					return
				}
			}
		}()
		return near, nil
	}}
}

// resolved answers a query (RFC 1035 section 4.1) for an IPv4 address, and says of all else that there is none.
func resolved(query []byte, address netip.Addr) []byte {
	const header, typeA = 12, 1
	question := query[header:]
	end := bytes.IndexByte(question, 0) + 5 // of its name, type and class
	reply := append(query[:2:2], 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	reply = append(reply, question[:end]...)
	if question[end-3] == typeA {
		reply[7] = 1
		reply = append(reply, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, address.AsSlice()...)
	}
	return reply
}

// TestNoProxy: the environment cannot put anybody between the gateway and its backends.
func TestNoProxy(t *testing.T) {
	proxy, backend := newRecorder(t, nil), newRecorder(t, nil)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	transport := integration.NewTransportAsking(answering(netip.MustParseAddr("127.0.0.1")), integration.TransportOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	called := newBackend(t, gateway.IntegrationSettings{ // net/http asks no proxy for addresses of this machine, but for names
		IntegrationType: gateway.IntegrationHTTPProxy, IntegrationMethod: "GET",
		IntegrationURI: gateway.Kept("http://backend.example.:" + port),
	}, integration.Env{HTTP: transport})
	if _, err := called.Call(t.Context(), &integration.Request{Event: disconnectEvent()}); err != nil {
		t.Error(err)
	}
	backend.only(t)
	if len(proxy.requests) != 0 {
		t.Error("a proxy was called")
	}
}
