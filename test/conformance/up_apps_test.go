package conformance_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// apps are the examples that speak the same: what each needs of the machine, and how a client gets in.
var apps = []struct {
	name   string
	needs  func(t *testing.T)
	node   bool   // the SDK has to be installed
	query  string // of the URL
	locked bool   // nobody gets in without
}{
	{name: "sam-websocketapi-python", needs: func(t *testing.T) { t.Helper(); pythonWith(t, "boto3") }},
	{name: "cloudformation-go", needs: func(t *testing.T) { t.Helper(); tool(t, "go") }},
	{name: "serverless", node: true, query: "?password=open%20sesame", locked: true},
	{name: "cdk", node: true},
}

// TestUpApps brings each example up as it is and talks to it: the handlers, unmodified, find their way back by boto3, by the SDK for Go and
// by the SDK for JavaScript, over TLS. Source: examples/apps/README.md; the SDKs' own documentation of the Management API's client.
func TestUpApps(t *testing.T) {
	if testing.Short() {
		t.Skip("apps are built and have packages to install")
	}
	home := t.TempDir()
	packages := &packages{dir: home}
	for _, tt := range apps {
		t.Run(tt.name, func(t *testing.T) {
			if tt.node {
				packages.install(t)
			} else {
				tt.needs(t)
			}
			dir := filepath.Join(home, tt.name)
			must(t, os.CopyFS(dir, os.DirFS(filepath.Join("../../examples/apps", tt.name))))
			a := up(t, dir)
			if tt.locked {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if _, _, err := dial(ctx, handshake{url: a.url + "?password=guess"}); err == nil || !strings.Contains(err.Error(), "403") {
					t.Errorf("a wrong password: %v", err)
				}
			}
			a.url += tt.query
			wantTalk(t, a)
		})
	}
}

// packages are what handlers for Node.js need, installed once above all of them.
type packages struct {
	dir  string
	done bool
	why  string // they cannot be had
}

func (p *packages) install(t *testing.T) {
	t.Helper()
	tool(t, "node")
	npm := tool(t, "npm")
	if !p.done {
		p.done = true
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, npm, "install", "--prefix", p.dir, "--no-audit", "--no-fund", "--no-save",
			"@aws-sdk/client-apigatewaymanagementapi@3", "@aws-sdk/client-dynamodb@3", "@aws-sdk/lib-dynamodb@3")
		command.Dir = p.dir
		if out, err := command.CombinedOutput(); err != nil {
			p.why = string(out)
		}
	}
	if p.why != "" {
		t.Skipf("SKIPPED: packages for Node.js cannot be installed, so nothing is known about its handlers: %s", p.why)
	}
}

// wantTalk has two clients talk to an example and to each other.
func wantTalk(t *testing.T, a *app) {
	t.Helper()
	one, other := a.enter(t), a.enter(t)
	wantJSON(t, one.ask(t, `{"action":"echo","text":"hi"}`), map[string]any{"type": "echo", "text": "hi"})
	var who struct{ Type, ID string }
	must(t, json.Unmarshal([]byte(other.ask(t, `{"action":"who"}`)), &who))
	if who.Type != "you" || who.ID == "" {
		t.Fatalf("who am I? %+v", who)
	}
	wantJSON(t, one.ask(t, `{"action":"tell","to":"`+who.ID+`","text":"psst"}`), map[string]any{"type": "told"})
	var said struct{ Type, Text string }
	must(t, json.Unmarshal([]byte(other.hear(t)), &said))
	if said.Type != "said" || said.Text != "psst" {
		t.Errorf("the other one heard %+v", said)
	}
	other.drop()
	if !eventually(t, func() bool {
		return strings.Contains(one.ask(t, `{"action":"tell","to":"`+who.ID+`","text":"still there?"}`), "gone")
	}) {
		t.Error("a client that has left is still told things")
	}
	if got := one.ask(t, `{"action":"dance"}`); !strings.Contains(got, `"error"`) {
		t.Errorf("an unknown action is answered with %q", got)
	}
}

// wantJSON wants a message to be an object with exactly these members.
func wantJSON(t *testing.T, got string, want map[string]any) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(got), &members); err != nil || len(members) != len(want) {
		t.Errorf("got %s, expected %v", got, want)
		return
	}
	for name, value := range want {
		if members[name] != value {
			t.Errorf("got %s, expected %v", got, want)
		}
	}
}

// chatPages has two pages of the examples chat with each other: it fills in their forms as a user would.
const chatPages = `<!doctype html><iframe id=a></iframe><iframe id=b></iframe><script type=module>
const url = await (await fetch("/url")).text();
const pages = ["a", "b"].map(id => document.getElementById(id));
const until = async holds => { while (!holds()) await new Promise(done => setTimeout(done, 20)); };
for (const page of pages) {
  page.src = "/page/?url=" + encodeURIComponent(url);
  await new Promise(done => page.onload = done);
  await until(() => page.contentDocument.getElementById("state").textContent === "connected");
}
const at = (page, id) => page.contentDocument.getElementById(id);
const say = (page, text) => { at(page, "action").value = "sendmessage"; at(page, "text").value = text; at(page, "message").requestSubmit(); };
const heard = page => [...at(page, "log").querySelectorAll("li")].map(line => line.textContent).filter(text => text.startsWith("←"));
say(pages[0], "hello from a");
await until(() => heard(pages[1]).length > 0);
say(pages[1], "hello from b");
await until(() => heard(pages[0]).length > 1);
await fetch("/seen", {method: "POST", body: JSON.stringify([...heard(pages[0]), ...heard(pages[1])])});
</script>`

// TestUpChat is the chat room with its table in another service: two pages in a real browser talk through it.
func TestUpChat(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser and a table take seconds to start")
	}
	chromium := tool(t, "chromium")
	home := t.TempDir()
	(&packages{dir: home}).install(t)
	tables := newMoto(t)
	dir := filepath.Join(home, "sam-node")
	must(t, os.CopyFS(dir, os.DirFS("../../examples/apps/sam-node")))
	tables.run(t, `
import boto3
boto3.client("dynamodb").create_table(
    TableName="chat_connections", BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}], KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}])
`)
	a := up(t, dir, "--parameter", "DynamoDBEndpoint="+tables.url)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(chatPages))
	})
	mux.HandleFunc("GET /url", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(a.url)) })
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServer(http.Dir("../../examples/apps/page"))))
	heard := show(t, chromium, home, mux)
	for _, text := range []string{"hello from a", "hello from b"} {
		n := len(slices.DeleteFunc(slices.Clone(heard), func(line string) bool { return !strings.Contains(line, text) }))
		if n != 2 {
			t.Errorf("%q was heard by %d of 2 pages: %q", text, n, heard)
		}
	}
}
