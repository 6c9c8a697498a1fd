package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gangway/internal/gateway"
)

// ports are the addresses that were used in place of those that were taken: an app that has moved once stays where it is, for
// somebody may have written its URL down.
type ports struct {
	file   string
	moved  map[string]string // by the address that was asked for
	screen *screen
}

func readPorts(dir string, screen *screen) (*ports, error) {
	p := &ports{file: filepath.Join(dir, portsFile), moved: map[string]string{}, screen: screen}
	text, err := os.ReadFile(p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil || json.Unmarshal(text, &p.moved) == nil {
		return p, err
	}
	p.moved = map[string]string{} // a file that is damaged says nothing
	return p, nil
}

const portsFile = "ports.json"

// listen listens on an address: where it was instead the last time, else on the address, else on another port of the same host.
func (p *ports) listen(ctx context.Context, address string) (net.Listener, error) {
	var network net.ListenConfig
	if before := p.moved[address]; before != "" && sameReach(before, address) {
		if listener, err := network.Listen(ctx, "tcp", before); err == nil {
			p.screen.say("  %s is used in place of %s, as the last time\n", before, address)
			return listener, nil
		}
	}
	listener, err := network.Listen(ctx, "tcp", address)
	if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
		return listener, err
	}
	host, _, _ := net.SplitHostPort(address)
	if listener, err = network.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
		return nil, err
	}
	found := listener.Addr().String()
	p.screen.say("  %s is taken by another program: %s is used instead, from now on\n", address, found)
	p.moved[address] = found
	return listener, p.write()
}

// free is an address that is free, as listen finds it.
func (p *ports) free(ctx context.Context, address string) (string, error) {
	if strings.HasSuffix(address, ":0") {
		return address, nil
	}
	listener, err := p.listen(ctx, address)
	if err != nil {
		return "", err
	}
	if found := p.moved[address]; found == listener.Addr().String() {
		address = found
	}
	return address, listener.Close()
}

func (p *ports) write() error {
	text, err := json.MarshalIndent(p.moved, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(p.file, append(text, '\n'), 0o600)
}

// sameReach says that an address is reached from no further away than another one: what the file has is not what the user has said.
func sameReach(before, address string) bool {
	host, _, err := net.SplitHostPort(address)
	was, _, wrong := net.SplitHostPort(before)
	return err == nil && wrong == nil && (gateway.IsLoopback(before) || was == host)
}

// check refuses addresses by which others than this machine's users could do what only those may.
func (c *upCommand) check() error {
	return errors.Join(onlyHere("--admin", c.Admin), onlyHere("--functions", c.Functions))
}

// onlyHere refuses an address that is reached from elsewhere: the Invoke API asks for no signature, and the control plane has no TLS.
func onlyHere(flag, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return usagef("%s: expected an address such as 127.0.0.1:8081, got %q", flag, address)
	}
	if !gateway.IsLoopback(address) {
		return usagef("%s: %s is no loopback address, and what listens there is for this machine alone: use one such as 127.0.0.1:0", flag, address)
	}
	return nil
}
