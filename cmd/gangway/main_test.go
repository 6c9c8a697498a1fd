package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gangway/examples/chat"
	"gangway/internal/node"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gangway": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"running": running,
			"chat":    startChat,
			"member":  member,
			"profile": profile,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// exits runs a program and wants an exit code: exits 78 gangway serve.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// running sets ADMIN, DATA and PORT to the addresses of the node that runs on a folder.
func running(ts *testscript.TestScript, _ bool, args []string) {
	found, err := node.ReadRunning(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Setenv("ADMIN", strings.TrimPrefix(found.Admin, "http://"))
	ts.Setenv("DATA", found.Data)
	ts.Setenv("PORT", found.Data[strings.LastIndexByte(found.Data, ':')+1:])
}

// member sets a variable to a member of the JSON that was printed: member apiId API.
func member(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: member NAME VARIABLE")
	}
	var printed map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &printed))
	value, ok := printed[args[0]]
	if !ok {
		ts.Fatalf("no member %s in %s", args[0], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[1], fmt.Sprint(value))
}

// profile sets the variables of the AWS tools to a profile of a credentials file, as AWS_PROFILE does.
func profile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: profile FILE")
	}
	ts.Setenv("AWS_SESSION_TOKEN", "")
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if name, value, ok := strings.Cut(line, "="); ok {
			ts.Setenv(strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(value))
		}
	}
}

// startChat serves the chat's backend, deploys it on the node that runs on a folder, and sets URL to where it is.
func startChat(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	found, err := node.ReadRunning(dir)
	ts.Check(err)
	key, err := node.ReadCredentials(dir)
	ts.Check(err)
	backend := &chat.Backend{
		Signer: &chat.Signer{AccessKeyID: key.ID, SecretAccessKey: key.Secret, Region: found.Region},
	}
	server := httptest.NewUnstartedServer(backend)
	ts.Defer(server.Close)
	deployed, err := chat.Deploy(context.Background(), backend.Signer, chat.Target{
		ControlPlane: found.Admin, Backend: "http://" + server.Listener.Addr().String() + chat.EventPath, Stage: "prod",
	})
	ts.Check(err)
	backend.Endpoint = deployed.Endpoint
	server.Start()
	ts.Setenv("URL", deployed.URL)
	ts.Setenv("API", deployed.API)
}
