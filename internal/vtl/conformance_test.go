package vtl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/vtl"
)

// TestRecordedAnswers renders what AWS API Gateway itself rendered, as the localstack/airspeed project recorded it.
func TestRecordedAnswers(t *testing.T) {
	folder := os.Getenv("GANGWAY_CONFORMANCE")
	if folder == "" {
		t.Skip("skipped all recorded answers: GANGWAY_CONFORMANCE is not set")
	}
	text, err := os.ReadFile(filepath.Join(folder, "vtl-aws.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Template, AWS string
		Context             json.RawMessage
		IgnoreSpace         bool `json:"ignore_ws"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, c := range cases {
		template, err := vtl.Parse(c.Template)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got, err := template.Append(nil, document(t, string(c.Context)), vtl.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		out := string(got)
		if c.IgnoreSpace {
			out, c.AWS = strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(c.AWS), " ")
		}
		if out != c.AWS {
			t.Errorf("%s: %q with %s\n got %q\nwant %q", c.Name, c.Template, c.Context, out, c.AWS)
			continue
		}
		same++
	}
	t.Logf("%d of %d recorded answers are the same", same, len(cases))
	if len(cases) == 0 {
		t.Error("no recorded answers")
	}
}
