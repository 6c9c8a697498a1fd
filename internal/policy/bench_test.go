package policy_test

import (
	"strings"
	"testing"

	"gangway/internal/policy"
)

func BenchmarkEvaluate(b *testing.B) {
	for _, c := range []struct {
		name string
		row  row
	}{
		{"simple", row{
			statements: []string{`A: "Action":"execute-api:*","Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/*"`},
			want:       allow,
		}},
		{"conditions", row{
			statements: []string{
				`A: "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:SecureTransport":"true"}}`,
				"D: " + when("DateGreaterThan", "aws:CurrentTime", `"2030-01-01T00:00:00Z"`),
			},
			context: "aws:sourceip=203.0.113.7 aws:securetransport=true aws:currenttime=2026-01-31T00:00:00Z",
			want:    allow,
		}},
		{"variable", row{
			statements: []string{`A: "Resource":"arn:aws:execute-api:*:*:a1b2c3/${aws:username}/*"`},
			context:    "aws:username=prod", want: allow,
		}},
		// The worst that a document of a legal size can ask for.
		{"hostile", row{
			statements: []string{`A: "Resource":"*` + strings.Repeat("a", 10000) + `b"`},
			resource:   strings.Repeat("a", 20000), want: implicit,
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := parse(b, documentOf(c.row.statements...))
			r := c.row.request()
			b.ReportAllocs()
			for b.Loop() {
				if got := p.Evaluate(r); got != c.row.want {
					b.Fatalf("%v, want %v", got, c.row.want)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	document := []byte(documentOf("A: ", `D: "Resource":"arn:aws:x:::${aws:username}/*"`, not1("NotIpAddress", `["10.0.0.0/8"]`)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Parse(document); err != nil {
			b.Fatal(err)
		}
	}
}

// Most requests meet no variable and no condition: judging them costs no memory.
func TestEvaluateDoesNotAllocate(t *testing.T) {
	p := parse(t, documentOf(`A: "Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:a1b2c3/*"`,
		"D: "+when("NotIpAddress", "aws:SourceIp", `"203.0.113.0/24"`)))
	r := row{context: "aws:sourceip=203.0.113.7"}.request()
	if n := testing.AllocsPerRun(100, func() { p.Evaluate(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
