package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"gangway/internal/policy"
)

// statement is a document whose only statement has these members.
func statement(members string) string { return `{"Statement":[{` + members + `}]}` }

const rest = `,"Action":"*","Resource":"*"`

// What is refused and what the error says. The source is "Grammar of the IAM JSON policy language" in the IAM user
// guide, and for the rest the manual of this package.
var refusals = []struct{ document, says string }{
	{``, "the document is no JSON"},
	{`{`, "the document is no JSON"},
	{`null`, "null is there, an object is right"},
	{`"x"`, "a string is there"},
	{`[]`, "a list is there"},
	{`{"Statement":[`, "the document is no JSON"},
	{`{"Statement":[{"Action":[`, "the document is no JSON"},
	{`{"Statement":[{"Action":`, "the document is no JSON"},
	{`{"Statement":[{"Action":["*" 7`, "the document is no JSON"},
	{`{"Statement":`, "the document is no JSON"},
	{`{"Statement":[{"Effect":"Allow"` + rest + `}]} {}`, "goes on after its end"},
	{`{"Statement":[{"Effect":"Allow"` + rest + `}]} x`, "goes on after its end"},
	{`{"Statement":[{"Effect":"Allow"` + rest + `}],}`, "the document is no JSON"},
	{`{"Statement":[{"Effect":"Allow"` + rest + `},]}`, "the document is no JSON"},
	{`{"Statement":[{"Effect" "Allow"` + rest + `}]}`, "the document is no JSON"},
	{`{}`, "Statement is missing"},
	{`{"Version":"2012-10-17"}`, "Statement is missing"},
	{`{"statement":[]}`, `write "Statement"`},
	{`{"Statements":[]}`, "there are Version, Id and Statement"},
	{`{"Version":"2012-10-18","Statement":[]}`, `Version: "2012-10-18" is no version of the policy language: write "2012-10-17"`},
	{`{"Version":2012,"Statement":[]}`, "Version: a number is there"},
	{`{"Version":"2012-10-17","Version":"2012-10-17"}`, `"Version" is there twice`},
	{`{"Id":7}`, "Id: a number is there"},
	{`{"Statement":[]}`, "Statement: the list is empty"},
	{`{"Statement":null}`, "Statement: null is there"},
	{`{"Statement":["Allow"]}`, "Statement[0]: a string is there, an object is right"},
	{`{"Statement":[[]]}`, "Statement[0]: a list is there"},
	{`{"Statement":{}}`, "Statement: Effect is missing"},
	{"{\"Id\":\"\xff\"}", "not UTF-8"},
	{statement(`"Effect":"Allow","effect":"Deny"` + rest), `"effect" is there twice`},
	{statement(`"effect":"Allow"` + rest), `Statement[0]: "effect" is unknown: names are case-sensitive, write "Effect"`},
	{statement(`"Effect":"allow"` + rest), `Statement[0].Effect: "allow" is no effect`},
	{statement(`"Effect":"DENY"` + rest), `"DENY" is no effect`},
	{statement(`"Effect":true` + rest), "a boolean is there"},
	{statement(`"Effect":["Allow"]` + rest), "a list is there"},
	{statement(`"Effect":"Allow","Sid":"a b"` + rest), "other characters"},
	{statement(`"Effect":"Allow","Sid":1` + rest), "Statement[0].Sid: a number"},
	{statement(`"Effect":"Allow","Principal":"*"` + rest), "Statement[0].Principal: an identity-based policy has none"},
	{statement(`"Effect":"Allow","NotPrincipal":{"AWS":"*"}` + rest), "Statement[0].NotPrincipal: an identity-based"},
	{statement(`"Effect":"Allow","Actions":"*"` + rest), `"Actions" is unknown: there are Sid, Effect`},
	{statement(`"Effect":"Allow","Action":"*","Action":"sqs:*","Resource":"*"`), `"Action" is there twice`},
	{statement(`"Effect":"Allow","Resource":"*"`), "Statement[0]: Action is missing: write Action or NotAction"},
	{statement(`"Effect":"Allow","Action":"*"`), "Resource is missing: write Resource or NotResource"},
	{statement(`"Effect":"Allow","NotAction":"*"` + rest), "Action and NotAction are both there"},
	{statement(`"Effect":"Allow","NotResource":"*"` + rest), "Resource and NotResource are both there"},
	{statement(`"Effect":"Allow","Action":[],"Resource":"*"`), "Statement[0].Action: the list is empty"},
	{statement(`"Effect":"Allow","Action":"*","Resource":[]`), "Statement[0].Resource: the list is empty"},
	{statement(`"Effect":"Allow","Action":null,"Resource":"*"`), "null is there, a string is right"},
	{statement(`"Effect":"Allow","Action":{"a":1},"Resource":"*"`), "an object is there, a string is right"},
	{statement(`"Effect":"Allow","Action":["sqs:*",7],"Resource":"*"`), "Statement[0].Action[1]: a number is there"},
	{statement(`"Effect":"Allow","Action":["sqs:*",["a"]],"Resource":"*"`), "Statement[0].Action[1]: a list is there"},
	{statement(`"Effect":"Allow","Action":"Invoke","Resource":"*"`), `"Invoke" is no action`},
	{statement(`"Effect":"Allow","Action":"","Resource":"*"`), `"" is no action`},
	{statement(`"Effect":"Allow","Action":"sqs:","Resource":"*"`), "is no action"},
	{statement(`"Effect":"Allow","Action":":x","Resource":"*"`), "is no action"},
	{statement(`"Effect":"Allow","Action":"sqs:a b","Resource":"*"`), "is no action"},
	{statement(`"Effect":"Allow","Action":"sqs:${aws:username}","Resource":"*"`), "is no action"},
	{statement(`"Effect":"Allow","Action":"*","Resource":""`), "is no resource"},
	{statement(`"Effect":"Allow","Action":"*","Resource":"/apis/*"`), "is no resource"},
	{statement(`"Effect":"Allow","Action":"*","Resource":"ARN:aws:x:::a"`), "is no resource"},
	{statement(`"Effect":"Allow","Action":"*","Resource":["*"," arn:aws:x:::a"]`), "Statement[0].Resource[1]: "},
	{statement(`"Effect":"Allow","Condition":[]` + rest), "Statement[0].Condition: a list is there, an object is right"},
	{statement(`"Effect":"Allow","Condition":null` + rest), "null is there, an object is right"},
	{documentOf(`A: "Resource":"arn:aws:x:${aws:username}::a"`), "after the fifth colon only"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username"`), "has no end"},
	{documentOf(`A: "Resource":"arn:aws:x:::${}"`), "names no variable"},
	{documentOf(`A: "Resource":"arn:aws:x:::${username}"`), "names no variable"},
	{documentOf(`A: "Resource":"arn:aws:x:::${ aws:username}"`), "names no variable"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:${aws:username}}"`), "names no variable"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:*}"`), "names no variable"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username, nobody}"`), "the default of a variable is plain text"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username, 'nobody}"`), "the default of a variable is plain text"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username, '*'}"`), "the default of a variable is plain text"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username, 'a'b'}"`), "the default of a variable is plain text"},
	{documentOf(`A: "Resource":"arn:aws:x:::${aws:username, '${aws:x}'}"`), "the default of a variable is plain text"},
	{statement(`"Effect":"Deny","Action":"*","Resource":"arn:aws:x:::${aws:username}"`), `needs "Version": "2012-10-17"`},
	{documentOf(`A: "Condition":{"StringEquals":{}}`), "Statement[0].Condition.StringEquals: no key is there"},
	{documentOf(`A: "Condition":{"StringEquals":"a"}`), "Statement[0].Condition.StringEquals: a string is there"},
	{documentOf(`A: "Condition":{"StringEquals":{"gw:k":"a"},"StringEquals":{"gw:l":"a"}}`), `"StringEquals" is there twice`},
	{documentOf(`A: "Condition":{"StringEquals":{"gw:k":"a","GW:K":"b"}}`), `"GW:K" is there twice`},
	{documentOf("A: " + when("StringEquals", "k", `"a"`)), `Statement[0].Condition.StringEquals.k: "k" is no condition key`},
	{documentOf("A: " + when("StringEquals", "aws:", `"a"`)), "is no condition key"},
	{documentOf("A: " + when("StringEquals", "gw.x:k", `[]`)), `Condition.StringEquals."gw.x:k": the list is empty`},
	{documentOf(if1("StringEquals", `null`)), "null is there"},
	{documentOf(if1("StringEquals", `["a",{}]`)), "Statement[0].Condition.StringEquals.gw:k[1]: an object is there"},
	{documentOf(if1("StringEquals", `"${gw:a"`)), "Statement[0].Condition.StringEquals.gw:k: the variable"},
	{documentOf(if1("ArnLike", `"${gw}"`)), "names no variable"},
	{documentOf(if1("StringIs", `"a"`)), `Statement[0].Condition.StringIs: "StringIs" is no operator`},
	{documentOf(not1("StringIs", `"a"`)), "is no operator"},
	{documentOf(if1("", `"a"`)), "is no operator"},
	{documentOf(if1("IfExists", `"a"`)), "is no operator"},
	{documentOf(if1("StringEqualsIfExistsIfExists", `"a"`)), "is no operator"},
	{documentOf(if1("NullIfExists", `"true"`)), "Null takes neither"},
	{documentOf(if1("ForAnyValue:Null", `"true"`)), "Null takes neither"},
	{documentOf(if1("ForSomeValues:StringEquals", `"a"`)), "has an unknown prefix: there are ForAllValues and ForAnyValue"},
	{documentOf(if1("ForAnyValue:ForAnyValue:StringEquals", `"a"`)), "is no operator"},
	{documentOf(if1("NumericEquals", `"ten"`)), `"ten" cannot be compared`},
	{documentOf(if1("NumericEquals", `""`)), "write a number"},
	{documentOf(if1("NumericEquals", `"Inf"`)), "write a number"},
	{documentOf(if1("NumericEquals", `"1e999"`)), "write a number"},
	{documentOf(if1("NumericEquals", `"${gw:n}"`)), "this operator has no variables"},
	{documentOf(if1("DateEquals", `"2026"`)), "write a date"},
	{documentOf(if1("DateEquals", `"20260131"`)), "write a date"},
	{documentOf(if1("DateEquals", `1769817600000`)), "write a date"},
	{documentOf(if1("DateEquals", `"2026-13-01"`)), "write a date"},
	{documentOf(if1("DateEquals", `"2026-01-31T00:00:00"`)), "write a date"},
	{documentOf(if1("Bool", `"yes"`)), `write "true" or "false"`},
	{documentOf(if1("Bool", `1`)), `write "true" or "false"`},
	{documentOf(if1("Null", `"null"`)), `write "true" or "false"`},
	{documentOf(if1("BinaryEquals", `"%"`)), "is no base64"},
	{documentOf(if1("IpAddress", `"10.0.0.0/33"`)), `"10.0.0.0/33" is no range of addresses`},
	{documentOf(if1("IpAddress", `"10.0.0"`)), "is no range"},
	{documentOf(if1("IpAddress", `"010.0.0.1"`)), "is no range"},
	{documentOf(if1("IpAddress", `"*"`)), "is no range"},
	{documentOf(if1("IpAddress", `"::ffff:10.0.0.0/104"`)), "is no range"},
	{documentOf(if1("IpAddress", `"::ffff:10.0.0.1"`)), "is no range"},
	{documentOf(if1("IpAddress", `"fe80::1%eth0"`)), "is no range"},
	{documentOf(if1("ArnLike", `"user/ann"`)), "is no ARN"},
	{documentOf(if1("ArnLike", `"arn:aws:iam:*"`)), "is no ARN"},
	{
		`{"Statement":[{"Sid":"a","Effect":"Allow"` + rest + `},{"Sid":"a","Effect":"Deny"` + rest + `}]}`,
		`Statement[1].Sid: "a" names another statement already`,
	},
	{
		`{"Statement":[{"Effect":"Allow"` + rest + `},{"Effect":"Deny"` + rest + `},{"Effect":"Deny","Action":"x"}]}`,
		"Statement[2]: Resource is missing",
	},
	{`{"Statement":` + strings.Repeat("[", 9000), "Statement[0]: a list is there"},
	{`{"Id":"` + strings.Repeat("x", policy.MaxDocument) + `"}`, "20480 are the limit"},
	{
		documentOf(`A: "Resource":"` + strings.Repeat("x", 9000) + `"`),
		`"` + strings.Repeat("x", 80) + `..." is no resource`,
	},
	{
		`{"Statement":[` + strings.Repeat(`{"Effect":"Deny"`+rest+`},`, 256) + `{"Effect":"Deny"` + rest + `}]}`,
		"Statement[256]: the document has too many statements: 256 are the limit",
	},
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		p, err := policy.Parse([]byte(r.document))
		if err == nil || !strings.HasPrefix(err.Error(), "policy: ") || !strings.Contains(err.Error(), r.says) {
			t.Errorf("%.300s\n%v, want %s", r.document, err, r.says)
		}
		if p != nil || p.Evaluate(row{}.request()) != implicit {
			t.Errorf("%.300s: refused and yet a policy", r.document)
		}
	}
}

func TestForms(t *testing.T) {
	for _, document := range []string{
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		`{"Statement":[{"Resource":["*"],"Action":["*"],"Effect":"Allow"}]}`,
		` {"Id":"any thing","Version":"2008-10-17","Statement":[{"Sid":"A1","Effect":"Allow"` + rest + `}]} ` + "\n",
		`{"Statement":[{"Sid":"","Effect":"Allow"` + rest + `},{"Sid":"","Effect":"Allow"` + rest + `}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*"}],"Version":"2012-10-17"}`,
		// The version may follow what depends on it.
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:*:*:*:*:${gw:none, ''}*"}],"Version":"2012-10-17"}`,
		`{"Statement":[{"Effect":"Allow","\u0041ction":"execute-api:\u0049nvoke","Resource":"*"}]}`,
	} {
		if got := parse(t, document).Evaluate(row{}.request()); got != allow {
			t.Errorf("%s: %v", document, got)
		}
	}
}

// Every operator of "IAM JSON policy elements: Condition operators" is there, with its suffix and prefixes.
func TestOperators(t *testing.T) {
	values := map[string]string{"Numeric": "1", "Date": "2026-01-31", "Bool": "true", "Binary": "QQ==", "Ip": "10.0.0.1", "Not": "10.0.0.1", "Arn": "*"}
	names := []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
		"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike",
	}
	for _, name := range names {
		value := "a"
		for prefix, v := range values {
			if strings.HasPrefix(name, prefix) {
				value = v
			}
		}
		for _, form := range []string{"%s", "%sIfExists", "ForAllValues:%s", "ForAnyValue:%sIfExists"} {
			document := documentOf(if1(fmt.Sprintf(form, name), `"`+value+`"`))
			want := implicit
			if form != "%s" || strings.Contains(name, "Not") {
				want = allow // the key is absent
			}
			if got := parse(t, document).Evaluate(row{}.request()); got != want {
				t.Errorf("%s: %v, want %v", document, got, want)
			}
		}
	}
}
