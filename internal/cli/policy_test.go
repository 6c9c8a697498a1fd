package cli_test

import (
	"strings"
	"testing"
)

// TestPolicyWarnings: what Gangway never asks about is told, and is no reason to refuse a policy.
func TestPolicyWarnings(t *testing.T) {
	for policy, want := range map[string]string{
		`{"Statement":[{"Action":"apigatway:GET"}]}`:                                               "action apigatway:GET (did you mean apigateway:get?)",
		`{"Statement":{"NotAction":["apigateway:*","S3:Put*"]}}`:                                   "action S3:Put*",
		`{"Statement":{"Condition":{"IpAddress":{"aws:SorceIp":"10.0.0.0/8"}}}}`:                   "condition key aws:SorceIp (did you mean aws:sourceip?)",
		`{"Statement":{"Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}}}`:                 "condition key aws:MultiFactorAuthPresent",
		`{"Statement":{"Condition":{"StringEquals":{"aws:RequestTag/":"a"}}}}`:                     "condition key aws:RequestTag/",
		`{"Statement":{"Action":["*","API*:G?T","execute-api:Invoke","gangway:*c*"]}}`:             "",
		`{"Statement":{"Condition":{"StringLike":{"AWS:requestTag/x":"a","aws:UserName":"b"}}}}`:   "",
		`{"Statement":{"Action":["lambda:InvokeFunction","lambda:Get*","lambda:CreateFunction"]}}`: "",
		`{"Statement":{"Action":"lambda:InvokeFunktion"}}`:                                         "action lambda:InvokeFunktion (did you mean lambda:invokefunction?)",
		`{"Statement":[1,{"Action":2}],"Id":[]}`:                                                   "",
		`{"Statement":"x"}`:                                                                        "",
	} {
		f := newFake(t, map[string]string{"POST /gangway/credentials": madeKey})
		got := run(t, f.env(), policy, "credentials", "create", "ci", "--policy", "-")
		const said = "warning: Gangway never asks about what the policy names: "
		if got.code != 0 || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, said) != (want != "") {
			t.Errorf("%s: code %d, stderr %q, want %q", policy, got.code, got.stderr, want)
		}
	}
}
