package cli_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// hostile is JSON for a text that wants to be more than a part of a line: a line feed, a carriage return, a tab, ESC, CSI
// as one character, a mark that turns the direction of writing, DEL.
const hostile = `x\n99  forged\r\t\u001b[2J` + "\u009b" + `1m` + "\u202e" + `y` + "\u007f"

// shown is what is seen of it.
const shown = `"x\n99  forged\r\t\u001b[2J\u009b1m\u202ey\u007f"`

// TestHostileTexts: whoever may name an object cannot write lines of output, or command the terminal.
func TestHostileTexts(t *testing.T) {
	stage := strings.ReplaceAll(plainStage, "d1", hostile)
	f := chatPlane(t, stage, "", "")
	maps.Copy(f.answers, map[string]string{
		"GET /gangway/changes?nextToken=0": `{"items":[{"revision":7,"time":"2026-11-22T06:00:00Z","principal":"arn:a key","operation":"` +
			hostile + `","objects":["apis/a1","` + hostile + `"]}]}`,
		"GET /gangway/credentials": `{"items":[{"name":"` + hostile + `","accessKeyId":"` + hostile + `","createdDate":"2026-11-22T06:00:00Z"}]}`,
		"GET /v2/apis/a1/snapshot?stageName=prod": `{"api":{"name":"chat"},"routes":[{"routeKey":"a b","target":"integrations/i1"}],
			"integrations":[{"integrationId":"i1"}]}`,
		"GET /v2/apis/a1/snapshot": `{"api":{"name":"` + hostile + `"},"routes":[{"routeKey":"` + hostile + `","target":"integrations/i2"}],
			"integrations":[{"integrationId":"i2","requestTemplates":{"` + hostile + `":"` + hostile + `"}}],
			"authorizers":[{"authorizerId":"u1","name":"` + hostile + `"}],"models":[{"name":"Chat"}]}`,
		"GET /v2/apis":           `{"items":[{"name":"` + hostile + `"}]}`,
		"GET /v2/apis/a2":        `404 {"message":"` + hostile + `"}`,
		"GET /v2/apis/a1/stages": `{"items":[{"stageName":"` + hostile + `"},{"stageName":"prod"}]}`,
	})
	for args, want := range map[string]string{
		"audit": "7  2026-11-22T06:00:00Z  " + shown + "  arn:a key  apis/a1 " + shown + "\n",
		"audit --output json": `{"revision":7,"time":"2026-11-22T06:00:00Z","principal":"arn:a key","operation":` + shown +
			`,"objects":["apis/a1",` + shown + "]}\n",
		"credentials list": "NAME  ACCESS KEY  CREATED  EXPIRES\n" + shown + "  " + shown + "  2026-11-22T06:00:00Z  never\n",
		"diff a1 prod": "A deployment would change stage prod of API a1 (" + shown + "), which runs deployment " + shown + ":\n\n" +
			"~ API\n    ~ name: \"chat\" -> " + shown + "\n" +
			"- route \"a b\"\n    - target: \"integrations/i1\"\n+ route " + shown + "\n    + target: \"integrations/i2\"\n" +
			"- integration i1 (\"a b\")\n+ integration i2 (" + shown + ")\n    + requestTemplates[" + shown + "]: " + shown + "\n" +
			"+ authorizer u1 (" + shown + ")\n    + name: " + shown + "\n+ model Chat\n",
		"get-apis":            "{\n  \"items\": [\n    {\n      \"name\": " + shown + "\n    }\n  ]\n}\n",
		"get-api --api-id=a2": "",
		"export a1":           "",
	} {
		got := run(t, f.env(), "", strings.Fields(args)...)
		if diff := cmp.Diff(narrow.ReplaceAllString(want, "  "), narrow.ReplaceAllString(got.stdout, "  ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
		if strings.ContainsFunc(got.stdout+got.stderr, isHidden) || strings.Count(got.stderr, "\n") > 1 {
			t.Errorf("%s: %q, %q", args, got.stdout, got.stderr)
		}
	}
}

// narrow is for tables, which are as wide as what is in them.
var narrow = regexp.MustCompile(`  +`)

func isHidden(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}
