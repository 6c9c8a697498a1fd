package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	madeKey = `{"name":"ci","arn":"arn:aws:iam::000000000000:user/ci","accessKeyId":"GWAKX","secretAccessKey":"s3cr3t",` +
		`"createdDate":"2026-11-22T06:00:00Z","policy":{"Version":"2012-10-17","Statement":[]}}`
	madeSession = `{"name":"ci","arn":"arn:aws:iam::000000000000:user/ci","accessKeyId":"GWASX","secretAccessKey":"s3cr3t",` +
		`"sessionToken":"t0ken","expiration":"2026-11-22T07:00:00Z","createdDate":"2026-11-22T06:00:00Z","policy":{}}`
	profile = "[ci]\naws_access_key_id = GWAKX\naws_secret_access_key = s3cr3t\n"
	session = "[ci]\naws_access_key_id = GWASX\naws_secret_access_key = s3cr3t\naws_session_token = t0ken\n"
)

func TestCredentials(t *testing.T) {
	policy := write(t, "policy.json", `{"Version":"2012-10-17"}`)
	for _, c := range []struct {
		name, args, stdin string
		answer            string
		call, stdout      string
		stderr            []string
	}{
		{
			"create", "create ci --policy " + policy, "", madeKey,
			`POST /gangway/credentials {"name":"ci","policy":{"Version":"2012-10-17"}}`, profile,
			[]string{"user/ci has a new access key, GWAKX.", "shown this once", "Append", "export AWS_PROFILE=ci"},
		},
		{
			"create for a while", "create ci --policy - --expires 1h", `{"Version": "2012-10-17"}`, madeSession,
			`POST /gangway/credentials {"name":"ci","policy":{"Version":"2012-10-17"},"durationSeconds":3600}`, session,
			[]string{"good until 2026-11-22T07:00:00Z"},
		},
		{
			"create as JSON", "create ci --policy - --output json", "{}", `{"name":"ci","accessKeyId":"GWAKX"}`,
			`POST /gangway/credentials {"name":"ci","policy":{}}`, "{\n  \"name\": \"ci\",\n  \"accessKeyId\": \"GWAKX\"\n}\n", nil,
		},
		{
			"rotate", "rotate ci", "", madeKey, `POST /gangway/credentials/ci/rotation {"graceSeconds":0}`, profile,
			[]string{"in the place of the old one", "no longer good"},
		},
		{
			"rotate gently", "rotate a/b --grace 90m", "", madeKey, `POST /gangway/credentials/a%2Fb/rotation {"graceSeconds":5400}`, profile,
			[]string{"stays good for 1h30m0s"},
		},
		{
			"list", "list", "", `{"items":[` + madeKey + `,` + madeSession + `]}`, "GET /gangway/credentials",
			"NAME  ACCESS KEY  CREATED               EXPIRES\n" +
				"ci    GWAKX       2026-11-22T06:00:00Z  never\n" +
				"ci    GWASX       2026-11-22T06:00:00Z  2026-11-22T07:00:00Z\n", nil,
		},
		{"list as JSON", "list --output json", "", `{"items":[]}`, "GET /gangway/credentials", "{\n  \"items\": []\n}\n", nil},
		{"delete", "delete ci", "", "", "DELETE /gangway/credentials/ci", "ci is deleted, and its access key with it\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			method, rest, _ := strings.Cut(c.call, " ")
			path, _, _ := strings.Cut(rest, " ")
			f := newFake(t, map[string]string{method + " " + path: c.answer})
			got := run(t, f.env(), c.stdin, append([]string{"credentials"}, strings.Fields(c.args)...)...)
			if got.code != 0 {
				t.Errorf("code %d, stderr %q", got.code, got.stderr)
			}
			if diff := cmp.Diff(c.call, f.asked()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.stdout, got.stdout); diff != "" {
				t.Errorf("stdout (-want +got):\n%s", diff)
			}
			for _, want := range c.stderr {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("no %q in %q", want, got.stderr)
				}
			}
		})
	}
}

// TestPolicyFiles: what is no policy is refused before anybody is asked.
func TestPolicyFiles(t *testing.T) {
	f := newFake(t, nil)
	for text, want := range map[string]string{
		"{\n  \"Version\": \"2012-10-17\",\n}": "line 3, column 1: invalid character '}'",
		"{\n  \"äöü\": tru\n}":                 "line 2, column 13: invalid character",
		"{\"Version\": \"2012-10-17\"":         "line 1, column 25: unexpected end of JSON input",
		"":                                     "line 1, column 1: unexpected end of JSON input",
		"[]":                                   "expected a JSON object",
		"{} {}":                                "line 1, column 4: invalid character '{' after top-level value",
		"{\"Statement\":[\n\t{\"Effect\": Allow}\n]}": "line 2, column 13: invalid character 'A'",
	} {
		for _, name := range []string{"-", write(t, "policy.json", text)} {
			got := run(t, f.env(), text, "credentials", "create", "ci", "--policy", name)
			shown := strings.ReplaceAll(name, "-", "standard input")
			if got.code != 1 || !strings.Contains(got.stderr, want) || !strings.Contains(got.stderr, "policy: ") ||
				(name == "-" && !strings.Contains(got.stderr, shown)) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("%q: code %d, stderr %q, want %q", text, got.code, got.stderr, want)
			}
		}
	}
	if f.asked() != "" {
		t.Errorf("asked: %s", f.asked())
	}
	for args, want := range map[string]string{
		"create ci":                               "--policy",
		"create --policy -":                       `expected "<name>"`,
		"create ci --policy - --expires=-1h":      "--expires: expected whole seconds",
		"create ci --policy - --expires=1500ms":   "--expires: expected whole seconds",
		"create ci --policy - --output yaml":      "--output must be one of",
		"rotate ci --grace=-1s":                   "--grace: expected whole seconds",
		"create ci --policy - --endpoint-url ci":  "--endpoint-url",
		"rotate":                                  `expected "<name>"`,
		"remove ci":                               "unexpected argument remove",
		"create ci --policy - --expires tomorrow": "--expires",
	} {
		got := run(t, f.env(), "{}", append([]string{"credentials"}, strings.Fields(args)...)...)
		if got.code != 2 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: code %d, stderr %q, want %q", args, got.code, got.stderr, want)
		}
	}
	got := run(t, f.env(), "", "credentials", "create", "ci", "--policy", "nowhere.json")
	if got.code != 1 || !strings.Contains(got.stderr, "policy: open nowhere.json") {
		t.Errorf("%+v", got)
	}
}
