package conformance_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUpNested brings an app up of which a part is a nested stack, and takes up what changes in that one's template.
// Source: "AWS::CloudFormation::Stack", CloudFormation template reference.
func TestUpNested(t *testing.T) {
	tool(t, "node")
	a := up(t, testdata(t, "nested"))
	a.awaitText(t, "+ create  AWS::ApiGatewayV2::Route RoomsDefault", "output Function        nested-RoomsSay")
	c := a.enter(t)
	if got := c.ask(t, "x"); got != "hello" {
		t.Errorf("the function answers %q", got)
	}
	a.edit(t, "rooms/template.yaml", "!Ref Greeting", "bye")
	c.awaitReply(t, "x", "bye")
	a.edit(t, "rooms/template.yaml", "RouteKey", "RouteKy")
	a.awaitText(t, "rooms/template.yaml:19", "RouteKy", "the app runs on as it was")
}

// TestUpPorts: an app whose port is taken says so, goes elsewhere, and stays there the next time, until it is taken down.
func TestUpPorts(t *testing.T) {
	tool(t, "node")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	a := up(t, testdata(t, "nested"), "--listen", address)
	a.awaitText(t, address+" is taken by another program: ", " is used instead, from now on")
	url := a.url
	if strings.Contains(url, address[strings.LastIndex(address, ":"):]+"/") {
		t.Errorf("it is at %s", url)
	}
	a.stop(t)
	must(t, taken.Close())
	a = up(t, a.dir, "--listen", address)
	a.awaitText(t, " is used in place of "+address+", as the last time")
	if a.url != url {
		t.Errorf("it was at %s and is at %s", url, a.url)
	}
	a.stop(t)
	path, err := gangway()
	must(t, err)
	if out, err := exec.CommandContext(t.Context(), path, "down", a.dir).CombinedOutput(); err != nil {
		t.Fatalf("down: %v: %s", err, out)
	}
	if found, _ := filepath.Glob(filepath.Join(a.dir, ".gangway", "ports.json")); found != nil {
		t.Errorf("down has left %v", found)
	}
}
