package policy_test

import "testing"

func TestEffect(t *testing.T) {
	judge(t, []group{
		{"Policy evaluation logic", []row{
			{statements: []string{"A: "}, want: allow},
			{statements: []string{"D: "}, want: explicit},
			{statements: []string{"A: ", "D: "}, want: explicit},
			{statements: []string{"D: ", "A: "}, want: explicit},
			{statements: []string{"A: ", "A: ", "D: "}, want: explicit},
			{statements: []string{`A: "Action":"sqs:*"`}, want: implicit},
			{statements: []string{`D: "Action":"sqs:*"`}, want: implicit},
			{statements: []string{`A: "Action":"sqs:*"`, "A: "}, want: allow},
			{statements: []string{"A: ", `D: "Action":"sqs:*"`}, want: allow},
			{statements: []string{"A: ", `D: "Resource":"arn:aws:sqs:*"`}, want: allow},
			{statements: []string{`A: "Action":"sqs:*"`, `D: "Action":"sqs:*"`}, want: implicit},
			{statements: []string{"A: ", `D: "Action":"execute-api:Invoke"`}, want: explicit},
			{statements: []string{"A: ", `D: "Action":"execute-api:Invoke"`}, action: push, want: allow},
			{statements: []string{"A: ", `D: "Resource":"` + prod + `"`}, want: explicit},
		}},
	})
}

func TestAction(t *testing.T) {
	judge(t, []group{
		{"IAM JSON policy elements: Action", []row{
			one(`A: "Action":"execute-api:Invoke"`, allow),
			one(`A: "Action":"EXECUTE-API:INVOKE"`, allow),
			one(`A: "Action":"execute-api:invoke"`, allow),
			one(`A: "Action":"execute-api:invoke"`, allow).by("EXECUTE-API:INVOKE"),
			one(`A: "Action":"Execute-Api:iNVOKE"`, allow).by("eXECUTE-aPI:Invoke"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("execute-api:InvokeX"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("execute-api:Invok"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("xexecute-api:Invoke"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("execute-api:"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("execute_api:Invoke"),
			one(`A: "Action":"execute-api:Invoke"`, implicit).by("execute-api:Invoke "),
			one(`A: "Action":["sqs:SendMessage","execute-api:Invoke"]`, allow),
			one(`A: "Action":["sqs:SendMessage","sqs:ReceiveMessage"]`, implicit),
			one(`A: "Action":["execute-api:Invoke"]`, allow),
			one(`D: "Action":"execute-api:invoke"`, explicit), // fails open where case matters
			one(`D: "Action":"EXECUTE-API:I*"`, explicit),
		}},
		{"IAM JSON policy elements: Action, wildcards", []row{
			one(`A: "Action":"*"`, allow),
			one(`A: "Action":"*:*"`, allow),
			one(`A: "Action":"execute-api:*"`, allow),
			one(`A: "Action":"execute-api:*"`, allow).by("execute-api:"),
			one(`A: "Action":"execute-api:*"`, implicit).by("execute-apix:Invoke"),
			one(`A: "Action":"execute-api:I*"`, allow),
			one(`A: "Action":"execute-api:i*E"`, allow),
			one(`A: "Action":"execute-api:*Connections"`, allow).by(push),
			one(`A: "Action":"execute-api:*Connections"`, implicit),
			one(`A: "Action":"execute-api:Inv?ke"`, allow),
			one(`A: "Action":"execute-api:Inv??ke"`, implicit),
			one(`A: "Action":"execute-api:Invoke?"`, implicit),
			one(`A: "Action":"execute-api:??????"`, allow),
			one(`A: "Action":"execute-api:?????"`, implicit),
			one(`A: "Action":"x:zap"`, allow).by("X:ZAP"),
			one(`A: "Action":"e*:*"`, allow),
			one(`A: "Action":"apigateway:GET"`, implicit).by("apigateway:POST"),
			one(`A: "Action":"apigateway:P*"`, allow).by("apigateway:PATCH"),
		}},
		{"IAM JSON policy elements: NotAction", []row{
			one(`A: "NotAction":"execute-api:Invoke"`, implicit),
			one(`A: "NotAction":"execute-api:INVOKE"`, implicit),
			one(`A: "NotAction":"execute-api:Invoke"`, allow).by(push),
			one(`A: "NotAction":["sqs:*","execute-api:M*"]`, implicit).by(push),
			one(`A: "NotAction":["sqs:*","execute-api:M*"]`, allow),
			one(`D: "NotAction":"execute-api:*"`, implicit),
			one(`D: "NotAction":"execute-api:*"`, explicit).by("sqs:SendMessage"),
			one(`A: "NotAction":"*"`, implicit),
		}},
	})
}

func TestResource(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/a:b/c"
	judge(t, []group{
		{"IAM JSON policy elements: Resource", []row{
			one(`A: "Resource":"`+prod+`"`, allow),
			one(`A: "Resource":"`+prod+`"`, implicit).on(prod + "x"),
			one(`A: "Resource":"`+prod+`"`, implicit).on(prod[:len(prod)-1]),
			one(`A: "Resource":"`+prod+`"`, implicit).on("x" + prod),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:A1B2C3/prod/*"`, implicit),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/Prod/*"`, implicit),
			one(`D: "Resource":"arn:aws:execute-api:us-east-1:111122223333:A1B2C3/prod/*"`, implicit),
			one(`A: "Resource":["arn:aws:sqs:us-east-1:111122223333:q","`+prod+`"]`, allow),
			one(`A: "Resource":["arn:aws:sqs:us-east-1:111122223333:q"]`, implicit),
			one(`A: "Resource":["arn:aws:sqs:us-east-1:111122223333:q","*"]`, allow),
			one(`A: "Resource":"*"`, allow).on("*"),
			one(`A: "Resource":"`+prod+`"`, implicit).on("*"),
			one(`A: "Resource":"`+role+`"`, allow).on(role),
			one(`D: "Resource":"`+role+`"`, explicit).on(role), // fails open where colons split an ARN
			one(`D: "Resource":"arn:aws:iam::111122223333:role/*"`, explicit).on(role),
			one(`D: "Resource":"arn:aws:iam::111122223333:role/*/c"`, explicit).on(role),
			one(`A: "Resource":"arn:aws:apigateway:us-east-1::/apis/a.c"`, implicit).on("arn:aws:apigateway:us-east-1::/apis/abc"),
			one(`A: "Resource":"arn:aws:apigateway:us-east-1::/apis/[a-z]"`, implicit).on("arn:aws:apigateway:us-east-1::/apis/a"),
		}},
		{"IAM JSON policy elements: Resource, wildcards", []row{
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/test/*"`, implicit),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:*/prod/POST/@connections/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1:111122223333:*/prod/GET/@connections/*"`, implicit),
			one(`A: "Resource":"arn:aws:execute-api:*:*:a1b2c3/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:*:a1b2c3/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:*"`, allow),
			one(`A: "Resource":"arn:*"`, allow),
			one(`A: "Resource":"arn:*:*/@connections/*="`, allow),
			one(`A: "Resource":"**"`, allow),
			one(`A: "Resource":"*="`, allow),
			one(`A: "Resource":"*=="`, implicit),
			one(`A: "Resource":"*/prod"`, implicit),
			one(`A: "Resource":"*prod*prod*"`, implicit),
			one(`A: "Resource":"*prod*POST*"`, allow),
			one(`A: "Resource":"*POST*prod*"`, implicit),
			one(`A: "Resource":"arn:aws:execute-api:us-east-?:111122223333:a?b?c?/prod/*"`, allow),
			one(`A: "Resource":"arn:aws:execute-api:us-east-??:111122223333:a1b2c3/prod/*"`, implicit),
			one(`A: "Resource":"arn:aws:execute-api:us-east-1?111122223333:a1b2c3?prod/*"`, allow),
			one(`A: "Resource":"arn:aws:x:::caf?"`, allow).on("arn:aws:x:::café"),
			one(`A: "Resource":"arn:aws:x:::caf??"`, implicit).on("arn:aws:x:::café"),
			one(`A: "Resource":"arn:aws:x:::*??"`, implicit).on("arn:aws:x:::é"),
			one(`A: "Resource":"arn:aws:x:::*??ab"`, implicit).on("arn:aws:x:::€ab"),
			one(`A: "Resource":"arn:aws:x:::*ab"`, allow).on("arn:aws:x:::aab"),
			one(`A: "Resource":"arn:aws:x:::*aab*b"`, allow).on("arn:aws:x:::aaabab"),
			one(`A: "Resource":"arn:aws:x:::a*"`, allow).on("arn:aws:x:::a"),
			one(`A: "Resource":"arn:aws:x:::a?"`, implicit).on("arn:aws:x:::a"),
			one(`A: "Resource":"arn:aws:x:::a*"`, allow).on("arn:aws:x:::a\xff\xfe\n"),
			one(`A: "Resource":"arn:aws:x:::a"`, implicit).on("arn:aws:x:::\xff"),
		}},
		{"IAM JSON policy elements: NotResource", []row{
			one(`A: "NotResource":"`+prod+`"`, implicit),
			one(`A: "NotResource":"arn:aws:sqs:*"`, allow),
			one(`A: "NotResource":["arn:aws:sqs:*","arn:aws:execute-api:*"]`, implicit),
			one(`D: "NotResource":"arn:aws:execute-api:*:*:a1b2c3/*"`, implicit),
			one(`D: "NotResource":"arn:aws:execute-api:*:*:a1b2c3/*"`, explicit).on("arn:aws:execute-api:us-east-1:111122223333:zzz/prod"),
			one(`D: "NotResource":"*"`, implicit),
			one(`D: "NotResource":"arn:aws:execute-api:*:*:A1B2C3/*"`, explicit),
		}},
	})
}
