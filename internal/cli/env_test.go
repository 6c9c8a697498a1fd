package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// folder is a data folder as a running node leaves it, with a control plane that knows some APIs and stages.
func folder(t *testing.T, secret string, answers map[string]string) string {
	t.Helper()
	plane := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		if !ok || !strings.Contains(r.Header.Get("Authorization"), "Credential=GWRTEXAMPLE/") ||
			!strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/apigateway/aws4_request") {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(plane.Close)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("credentials", "[default]\naws_access_key_id = GWRTEXAMPLE\naws_secret_access_key = "+secret+"\n")
	running, err := json.Marshal(map[string]any{
		"pid": 1, "admin": plane.URL, "data": "ws://localhost:8080", "region": "eu-west-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	write("running.json", string(running))
	return dir
}

const (
	oneAPI   = `{"items":[{"apiId":"a1","apiEndpoint":"ws://localhost:8080/a1"}]}`
	twoAPIs  = `{"items":[{"apiId":"a1","apiEndpoint":"ws://localhost:8080/a1"},{"apiId":"a2"}]}`
	aSecure  = `{"apiId":"a2","apiEndpoint":"wss://a2.execute-api.eu-west-1.example.com"}`
	oneStage = `{"items":[{"stageName":"prod"}]}`
)

func TestEnv(t *testing.T) {
	const endpoint = "export AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI="
	for _, c := range []struct {
		name, args, want string
		answers          map[string]string
	}{
		{
			"one of each", "", endpoint + "'http://localhost:8080/a1/prod'",
			map[string]string{"/v2/apis": oneAPI, "/v2/apis/a1/stages": oneStage},
		},
		{"no API", "", "# there is no API yet", map[string]string{"/v2/apis": `{"items":[]}`}},
		{"two APIs", "", "# there are 2 APIs: choose one with --api", map[string]string{"/v2/apis": twoAPIs}},
		{
			"two APIs, one chosen", "--api a2", endpoint + "'https://a2.execute-api.eu-west-1.example.com/prod'",
			map[string]string{"/v2/apis/a2": aSecure, "/v2/apis/a2/stages": oneStage},
		},
		{
			"stage chosen", "--api a2 --stage test", endpoint + "'https://a2.execute-api.eu-west-1.example.com/test'",
			map[string]string{"/v2/apis/a2": aSecure, "/v2/apis/a2/stages": `{"items":[{"stageName":"prod"},{"stageName":"test"}]}`},
		},
		{
			"no stage", "", "# API a1 has no stage",
			map[string]string{"/v2/apis": oneAPI, "/v2/apis/a1/stages": `{"items":[]}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, "secret", c.answers)
			got := run(t, nil, "", append([]string{"env", "--data", dir}, strings.Fields(c.args)...)...)
			said := ""
			if why, isComment := strings.CutPrefix(c.want, "# "); isComment { // eval hides comments
				said = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is not set: " + why
			}
			if got.code != 0 || !strings.HasPrefix(got.stderr, said) || (said == "") != (got.stderr == "") || !strings.Contains(got.stdout, c.want) {
				t.Errorf("code %d, stderr %q, no %q in\n%s", got.code, got.stderr, c.want, got.stdout)
			}
			for _, service := range []string{"APIGATEWAYV2", "API_GATEWAY", "STS"} {
				if !strings.Contains(got.stdout, "export AWS_ENDPOINT_URL_"+service+"='http://127.0.0.1:") {
					t.Errorf("no endpoint of %s in\n%s", service, got.stdout)
				}
			}
			if strings.Contains(c.want, "#") == strings.Contains(got.stdout, endpoint) {
				t.Errorf("unexpected exports:\n%s", got.stdout)
			}
		})
	}
}

// TestEnvOfSomebodyElse: who calls as somebody else than root gets no root key, and nothing that wins over the profile.
func TestEnvOfSomebodyElse(t *testing.T) {
	answers := map[string]string{"/v2/apis": oneAPI, "/v2/apis/a1/stages": oneStage}
	for args, want := range map[string]string{
		"--profile back'end": "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_DEFAULT_PROFILE\n" +
			`export AWS_PROFILE='back'\''end'` + "\nexport AWS_REGION='eu-west-1'\n",
		"--no-credentials": "export AWS_REGION='eu-west-1'\n",
	} {
		got := run(t, nil, "", append([]string{"env", "--data", folder(t, "secret", answers)}, strings.Fields(args)...)...)
		if got.code != 0 || !strings.HasPrefix(got.stdout, want) || strings.Contains(got.stdout, "secret") || strings.Contains(got.stdout, "GWRT") {
			t.Errorf("%s: %+v, want %s", args, got, want)
		}
		if !strings.Contains(got.stdout, "export AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI='http://localhost:8080/a1/prod'\n") ||
			!strings.Contains(got.stdout, "export AWS_ENDPOINT_URL_APIGATEWAYV2='http://127.0.0.1:") {
			t.Errorf("%s: no endpoints in %s", args, got.stdout)
		}
	}
	if got := run(t, nil, "", "env", "--profile=a", "--no-credentials"); got.code != 2 || !strings.Contains(got.stderr, "can't be used together") {
		t.Errorf("both: %+v", got)
	}
}

// What was asked for and is not there is an error, and no line of an eval.
func TestEnvOfWhatIsNotThere(t *testing.T) {
	answers := map[string]string{"/v2/apis": twoAPIs, "/v2/apis/a2": aSecure, "/v2/apis/a2/stages": oneStage}
	for args, want := range map[string]string{
		"--api zz":              "An error occurred (404 Not Found) when calling the GetApi operation: no",
		"--stage prod":          "there are 2 APIs: choose one with --api to reach its connections: a1, a2",
		"--api a2 --stage tset": "API a2 has no stage tset, but these: prod",
	} {
		got := run(t, nil, "", append([]string{"env", "--data", folder(t, "secret", answers)}, strings.Fields(args)...)...)
		if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: code %d, stdout %q, stderr %q, want %q", args, got.code, got.stdout, got.stderr, want)
		}
	}
}

// TestEnvInAShell: whatever is in the values, a shell takes it for values.
func TestEnvInAShell(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	const secret = `it's $HOME; echo "gotcha" \ ` + "`id`" + ` #`
	dir := folder(t, secret, map[string]string{"/v2/apis": oneAPI, "/v2/apis/a1/stages": oneStage})
	exports := run(t, nil, "", "env", "--data", dir).stdout
	command := exec.CommandContext(t.Context(), shell, "-euc",
		exports+`printf '%s|' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION" "$AWS_DEFAULT_REGION" "${AWS_PROFILE-none}"`)
	command.Env = []string{"AWS_PROFILE=other", "AWS_SESSION_TOKEN=old"}
	out, err := command.CombinedOutput()
	if want := "GWRTEXAMPLE|" + secret + "|eu-west-1|eu-west-1|none|"; err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestEnvWithoutANode(t *testing.T) {
	dir := t.TempDir()
	got := run(t, nil, "", "env", "--data", dir)
	if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "serve --data "+dir) {
		t.Errorf("got %+v", got)
	}
}
