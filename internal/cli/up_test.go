package cli_test

import (
	"strings"
	"testing"

	"gangway/internal/cli"
)

// TestUpStaysHere: the Invoke API asks for no signature and the control plane has no TLS, so nobody else is to reach them.
func TestUpStaysHere(t *testing.T) {
	folder := t.TempDir() // has no template: that is said if nothing else is wrong
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"--functions 0.0.0.0:0", "--functions: 0.0.0.0:0 is no loopback address", 2},
		{"--functions [::]:0", "--functions: [::]:0 is no loopback address", 2},
		{"--functions :8082", "--functions: :8082 is no loopback address", 2},
		{"--functions 192.0.2.1:8082", "--functions: 192.0.2.1:8082 is no loopback address", 2},
		{"--functions example.com:8082", "--functions: example.com:8082 is no loopback address", 2},
		{"--functions 127.0.0.1", "--functions: expected an address", 2},
		{"--admin 0.0.0.0:8081", "--admin: 0.0.0.0:8081 is no loopback address", 2},
		{"--admin :0", "--admin: :0 is no loopback address", 2},
		{"--admin localhost:0 --functions [::1]:0", "no template in", 2},
	} {
		got := run(t, nil, "", append([]string{"up", folder}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: %+v, want %d and %q", c.args, got, c.code, c.want)
		}
	}
}

// TestUpPorts: a file beside the template does not open an address that nobody has asked for.
func TestUpPorts(t *testing.T) {
	for _, c := range []struct {
		before, address string
		want            bool
	}{
		{"127.0.0.1:9000", "127.0.0.1:8080", true},
		{"127.0.0.1:9000", "localhost:8080", true},
		{"0.0.0.0:9000", "0.0.0.0:8080", true},
		{"0.0.0.0:9000", "127.0.0.1:8080", false},
		{"192.0.2.1:9000", "localhost:8080", false},
		{"nothing", "127.0.0.1:8080", false},
	} {
		if got := cli.SameReach(c.before, c.address); got != c.want {
			t.Errorf("%s in place of %s: %v", c.before, c.address, got)
		}
	}
}
