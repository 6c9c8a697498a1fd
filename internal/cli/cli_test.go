package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"gangway/internal/cli"
)

// result is what a command leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// environment is a fixed set of environment variables.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// run runs a command to its end.
func run(t *testing.T, env environment, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Run(t.Context(), args, cli.Streams{
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Env: env.lookup,
	})
	return result{code, stdout.String(), stderr.String()}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"Usage: gangway <command>", "serve", "connect", "demo", "restore"}},
		{[]string{"--help"}, []string{"Usage: gangway <command>"}},
		{[]string{"serve", "-h"}, []string{"--idle-timeout=TIME", "default 10m", "$GANGWAY_IDLE_TIMEOUT", "Limits"}},
		{[]string{"serve", "--help"}, []string{"--hosts=HOST,... "}},
		{[]string{"connect", "--help"}, []string{"gangway connect <url>", "--subprotocol", "(binary, 3 bytes, base64) AAEC"}},
	} {
		got := run(t, nil, "", c.args...)
		for _, want := range c.want {
			if !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), want) {
				t.Errorf("%q: no %q in\n%s", c.args, want, got.stdout)
			}
		}
		if got.code != 0 || got.stderr != "" || strings.Contains(got.stdout, "docs") {
			t.Errorf("%q: code %d, stderr %q", c.args, got.code, got.stderr)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	for _, c := range []struct {
		env  environment
		args string
		want string
	}{
		{nil, "sing", "unexpected argument sing"},
		{nil, "serve --sing", "unknown flag --sing"},
		{nil, "serve", "choose a folder with --data"},
		{environment{"HOME": "relative"}, "serve", "choose a folder with --data"},
		{home, "serve --account-id 12", "--account-id: expected twelve digits"},
		{home, "serve --region EU", "--region: expected a name such as us-east-1"},
		{home, "serve --domain a/b", "--domain: expected a name"},
		{home, "serve --public-url http://a", "--public-url: expected ws:// or wss://"},
		{home, "serve --public-url ws://a/path", "--public-url: expected ws:// or wss://"},
		{home, "serve --lambda-endpoint localhost", "--lambda-endpoint: expected http://"},
		{home, "serve --service-endpoint sqs", `--service-endpoint: expected "<key>=<value>"`},
		{home, "serve --service-endpoint sqs=localhost", "--service-endpoint: expected a service and http://"},
		{home, "serve --service-endpoint stepfunctions=http://h", "--service-endpoint: no integration calls a service stepfunctions: in its URI that is states"},
		{home, "serve --service-endpoint runtime.sagemaker=http://h", "expected a service without a subdomain, sagemaker"},
		{home, "serve --service-endpoint sqs/=http://h", `got "sqs/"`},
		{home, "serve --listen 8080", "--listen: expected an address"},
		{home, "serve --admin 0.0.0.0:0", "--insecure-plaintext"},
		{home, "serve --admin :0", "--insecure-plaintext"},
		{home, "serve --idle-timeout=-1s", "--idle-timeout: expected 0 or more"},
		{home, "serve --max-frame many", "--max-frame"},
		{home, "serve --quotas apis", `--quotas: expected "<key>=<value>"`},
		{home, "serve --quotas dogs=1", "--quotas: there is no quota 'dogs', only apikeys"},
		{home, "serve --quotas apis=-1", "--quotas: apis is -1"},
		{home, "serve --log-level loud", "--log-level must be one of"},
		{environment{"HOME": "/", "GANGWAY_LISTEN": "nowhere"}, "serve", "--listen: expected an address"},
		{environment{"HOME": "/", "GANGWAY_IDLE_TIMEOUT": "soon"}, "serve", "--idle-timeout"},
		{nil, "connect", `expected "<url>" (gangway connect --help shows`},
		{nil, "connect http://localhost", "(gangway connect --help shows"},
		{nil, "credentials create", "(gangway credentials create --help shows"},
		{nil, "diff a1", "(gangway diff --help shows"},
		{nil, "export --data", "--data: expected a value, got none (gangway export --help shows"},
		{nil, "get-api --api-id", "--api-id: expected a value, got none (gangway get-api --help shows"},
		{nil, "connect http://localhost", "expected a URL such as ws://"},
		{nil, "connect ws://localhost --header nothing", "expected 'NAME: VALUE'"},
		{nil, "connect ws://localhost --wait=-1", "expected 0 or more"},
		{nil, "connect ws://localhost --sign --presign", "can't be used together"},
		{nil, "backup", `expected "<file>"`},
	} {
		got := run(t, c.env, "", strings.Fields(c.args)...)
		if got.code != 2 || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
			t.Errorf("%s: code %d, stderr %q; want 2 and one line with %q", c.args, got.code, got.stderr, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	got := run(t, nil, "", "version")
	if got.code != 0 || !strings.HasPrefix(got.stdout, "gangway ") || strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("got %+v", got)
	}
}
