package cli_test

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gangway/internal/cli"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

// TestConfigurationPage holds the page against the table of settings.
func TestConfigurationPage(t *testing.T) {
	const page = "../../docs/configuration.md"
	got := run(t, nil, "", "docs")
	if *update {
		if err := os.WriteFile(page, []byte(got.stdout), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.stdout); diff != "" {
		t.Errorf("%s is not what the settings say; run go generate ./internal/cli (-want +got):\n%s", page, diff)
	}
}

// TestDefaults: what the table says is what the engine does by itself.
func TestDefaults(t *testing.T) {
	config, err := cli.Config(streams(environment{"HOME": "/people/ann"}))
	if err != nil {
		t.Fatal(err)
	}
	want := new(websocket.Options).WithDefaults()
	got := config.Limits.WithDefaults()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(*want), cmpopts.IgnoreFields(*want, "Logger")); diff != "" {
		t.Errorf("limits (-engine +table):\n%s", diff)
	}
	if config.DataDir != "/people/ann/.local/share/gangway" || config.Listen != "127.0.0.1:8080" ||
		config.Admin != "127.0.0.1:8081" || config.Region != "us-east-1" || config.Account != "000000000000" ||
		config.PublicURL != "" || config.ShutdownTimeout != 25*time.Second {
		t.Errorf("got %+v", config)
	}
}

func TestSettings(t *testing.T) {
	env := environment{
		"HOME": "/people/ann", "XDG_DATA_HOME": "/data", "GANGWAY_LISTEN": "127.0.0.1:1", "GANGWAY_ADMIN": "[::1]:2",
		"GANGWAY_ALLOW_BINARY": "true", "GANGWAY_MAX_MESSAGE": "9", "GANGWAY_QUOTAS": "apis=5,routes=0", "GANGWAY_KEY_FILE": "/keys/k",
	}
	config, err := cli.Config(streams(env), "--listen", "127.0.0.1:3", "--idle-timeout", "0", "--ping-interval=5s")
	if err != nil {
		t.Fatal(err)
	}
	if config.DataDir != "/data/gangway" {
		t.Errorf("the folder is %s", config.DataDir)
	}
	if config.Listen != "127.0.0.1:3" || config.Admin != "[::1]:2" {
		t.Errorf("the addresses are %s and %s: a flag wins over a variable, and that over the default", config.Listen, config.Admin)
	}
	if config.Limits.Idle >= 0 || config.Limits.Ping != 5*time.Second || config.Limits.MaxMessage != 9 || !config.Limits.Binary {
		t.Errorf("the limits are %+v", config.Limits)
	}
	if diff := cmp.Diff(gateway.Quotas{"apis": 5, "routes": 0}, config.Quotas); diff != "" || config.KeyFile != "/keys/k" {
		t.Errorf("key file %q, quotas (-want +got):\n%s", config.KeyFile, diff)
	}
	if _, err := cli.Config(streams(env), "--admin", "0.0.0.0:2", "--insecure-plaintext"); err != nil {
		t.Errorf("--insecure-plaintext: %v", err)
	}
}

func streams(env environment) cli.Streams {
	return cli.Streams{Stdin: new(bytes.Buffer), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer), Env: env.lookup}
}
