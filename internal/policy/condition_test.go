package policy_test

import "testing"

const operators = "IAM JSON policy elements: Condition operators"

// if1 and not1 are an Allow and a Deny with one condition.
func if1(operator, values string) string { return "A: " + when(operator, "gw:k", values) }

func not1(operator, values string) string { return "D: " + when(operator, "gw:k", values) }

func TestStringConditions(t *testing.T) {
	judge(t, []group{
		{operators + ", string", []row{
			one(if1("StringEquals", `"a"`), allow).with("gw:k=a"),
			one(if1("StringEquals", `"a"`), implicit).with("gw:k=A"),
			one(if1("StringEquals", `"a"`), implicit).with("gw:k=ab"),
			one(if1("StringEquals", `"a"`), implicit).with("gw:k="),
			one(if1("StringEquals", `""`), allow).with("gw:k="),
			one(if1("StringEquals", `"a*"`), implicit).with("gw:k=ab"),
			one(if1("StringEquals", `"a*"`), allow).with("gw:k=a*"),
			one(if1("StringEquals", `"a?"`), implicit).with("gw:k=ab"),
			one(if1("StringEquals", `["a","b"]`), allow).with("gw:k=b"),
			one(if1("StringEquals", `["a","b"]`), implicit).with("gw:k=c"),
			one(if1("StringEquals", `5`), allow).with("gw:k=5"),
			one(if1("StringEquals", `true`), allow).with("gw:k=true"),
			one(if1("stringequals", `"a"`), allow).with("gw:k=a"),
			one(not1("StringEquals", `"a"`), explicit).with("gw:k=a"),
			one(not1("StringEquals", `"a"`), implicit).with("gw:k=b"),
			one(if1("StringNotEquals", `"a"`), allow).with("gw:k=b"),
			one(if1("StringNotEquals", `"a"`), implicit).with("gw:k=a"),
			one(if1("StringNotEquals", `["a","b"]`), implicit).with("gw:k=a"),
			one(if1("StringNotEquals", `["a","b"]`), implicit).with("gw:k=b"),
			one(if1("StringNotEquals", `["a","b"]`), allow).with("gw:k=c"),
			one(if1("StringEqualsIgnoreCase", `"aB"`), allow).with("gw:k=Ab"),
			one(if1("StringEqualsIgnoreCase", `"aB"`), implicit).with("gw:k=a"),
			one(if1("StringEqualsIgnoreCase", `"É"`), allow).with("gw:k=é"),
			one(if1("StringNotEqualsIgnoreCase", `"aB"`), implicit).with("gw:k=AB"),
			one(if1("StringNotEqualsIgnoreCase", `"aB"`), allow).with("gw:k=b"),
			one(if1("StringLike", `"a*"`), allow).with("gw:k=abc"),
			one(if1("StringLike", `"a*"`), implicit).with("gw:k=ABC"),
			one(if1("StringLike", `"a?c"`), allow).with("gw:k=abc"),
			one(if1("StringLike", `"a?c"`), implicit).with("gw:k=ac"),
			one(if1("StringLike", `["x*","*c"]`), allow).with("gw:k=abc"),
			one(if1("StringNotLike", `"a*"`), implicit).with("gw:k=abc"),
			one(if1("StringNotLike", `"a*"`), allow).with("gw:k=xabc"),
			one(not1("StringNotLike", `["a*","b*"]`), explicit).with("gw:k=c"),
		}},
		{"IAM JSON policy elements: Condition, key names", []row{
			one("A: "+when("StringEquals", "AWS:UserName", `"ann"`), allow).with("aws:username=ann"),
			one("A: "+when("StringEquals", "aws:USERNAME", `"ann"`), allow).with("aws:username=ann"),
			one("A: "+when("StringEquals", "aws:username", `"ann"`), implicit).with("aws:usernam=ann"),
			one(`A: "Condition":{}`, allow),
		}},
		{"IAM JSON policy elements: Condition, several", []row{
			one(`A: "Condition":{"StringEquals":{"gw:a":"1","gw:b":"2"}}`, allow).with("gw:a=1 gw:b=2"),
			one(`A: "Condition":{"StringEquals":{"gw:a":"1","gw:b":"2"}}`, implicit).with("gw:a=1 gw:b=3"),
			one(`A: "Condition":{"StringEquals":{"gw:a":"1","gw:b":"2"}}`, implicit).with("gw:a=3 gw:b=2"),
			one(`A: "Condition":{"StringEquals":{"gw:a":"1"},"StringLike":{"gw:b":"2*"}}`, allow).with("gw:a=1 gw:b=22"),
			one(`A: "Condition":{"StringEquals":{"gw:a":"1"},"StringLike":{"gw:b":"2*"}}`, implicit).with("gw:a=1 gw:b=12"),
			one(`A: "Condition":{"StringLike":{"gw:a":"1*"},"StringNotLike":{"gw:a":"12*"}}`, implicit).with("gw:a=123"),
			one(`A: "Condition":{"StringLike":{"gw:a":"1*"},"StringNotLike":{"gw:a":"12*"}}`, allow).with("gw:a=13"),
			one(`D: "Condition":{"StringEquals":{"gw:a":"1","gw:b":"2"}}`, implicit).with("gw:a=1"),
			one(`D: "Condition":{"StringEquals":{"gw:a":"1","gw:b":"2"}}`, explicit).with("gw:a=1 gw:b=2"),
			one(`A: "Action":"sqs:*",`+when("StringEquals", "gw:a", `"1"`), implicit).with("gw:a=1"),
			one(`A: "Resource":"arn:aws:sqs:*",`+when("StringEquals", "gw:a", `"1"`), implicit).with("gw:a=1"),
		}},
	})
}

func TestAbsentKeys(t *testing.T) {
	judge(t, []group{
		{operators + ", a key that is not present", []row{
			one(if1("StringEquals", `"a"`), implicit),
			one(if1("StringLike", `"*"`), implicit),
			one(if1("StringNotEquals", `"a"`), allow),
			one(if1("StringNotLike", `"*"`), allow),
			one(not1("StringEquals", `"a"`), implicit),
			one(not1("StringNotEquals", `"a"`), explicit),
			one(if1("NumericEquals", `"1"`), implicit),
			one(if1("NumericNotEquals", `"1"`), allow),
			one(if1("DateLessThan", `"2030-01-01"`), implicit),
			one(if1("DateNotEquals", `"2030-01-01"`), allow),
			one(if1("Bool", `"true"`), implicit),
			one(if1("Bool", `"false"`), implicit),
			one(if1("IpAddress", `"0.0.0.0/0"`), implicit),
			one(not1("NotIpAddress", `"0.0.0.0/0"`), explicit),
			one(if1("ArnLike", `"*"`), implicit),
			one(if1("ArnNotLike", `"arn:*:*:*:*:*"`), allow),
			one(if1("BinaryEquals", `"QQ=="`), implicit),
		}},
		{operators + ", IfExists", []row{
			one(if1("StringEqualsIfExists", `"a"`), allow),
			one(if1("StringEqualsIfExists", `"a"`), allow).with("gw:k=a"),
			one(if1("StringEqualsIfExists", `"a"`), implicit).with("gw:k=b"),
			one(if1("StringNotEqualsIfExists", `"a"`), allow),
			one(if1("StringNotEqualsIfExists", `"a"`), implicit).with("gw:k=a"),
			one(not1("StringEqualsIfExists", `"a"`), explicit),
			one(not1("StringEqualsIfExists", `"a"`), implicit).with("gw:k=b"),
			one(if1("NumericLessThanEqualsIfExists", `5`), allow).with("gw:k=5"),
			one(if1("NumericLessThanEqualsIfExists", `5`), implicit).with("gw:k=6"),
			one(if1("IpAddressIfExists", `"10.0.0.0/8"`), allow),
			one(if1("BoolIfExists", `true`), implicit).with("gw:k=false"),
			one(if1("boolifexists", `true`), allow),
			one(if1("ArnLikeIfExists", `"*"`), allow),
		}},
		{operators + ", Null", []row{
			one(if1("Null", `"true"`), allow),
			one(if1("Null", `true`), implicit).with("gw:k=a"),
			one(if1("Null", `"false"`), implicit),
			one(if1("Null", `false`), allow).with("gw:k=a"),
			one(if1("Null", `false`), allow).with("gw:k="),
			one(if1("Null", `["true","false"]`), allow),
			one(not1("Null", `true`), explicit),
			one(not1("Null", `true`), implicit).with("gw:k=a"),
		}},
	})
}

func TestSets(t *testing.T) {
	judge(t, []group{
		{"Single-valued vs. multivalued context keys, ForAllValues", []row{
			one(if1("ForAllValues:StringEquals", `["a","b"]`), allow).with("gw:k=a"),
			one(if1("ForAllValues:StringEquals", `["a","b"]`), allow).with("gw:k=a gw:k=b"),
			one(if1("ForAllValues:StringEquals", `["a","b"]`), implicit).with("gw:k=a gw:k=c"),
			one(if1("ForAllValues:StringEquals", `["a","b"]`), implicit).with("gw:k=c gw:k=a"),
			one(if1("ForAllValues:StringEquals", `["a","b"]`), allow),
			one(not1("ForAllValues:StringEquals", `["a","b"]`), explicit),
			one(not1("ForAllValues:StringEquals", `["a","b"]`), implicit).with("gw:k=a gw:k=c"),
			one(if1("ForAllValues:StringNotEquals", `["a","b"]`), allow).with("gw:k=c gw:k=d"),
			one(if1("ForAllValues:StringNotEquals", `["a","b"]`), implicit).with("gw:k=c gw:k=b"),
			one(if1("ForAllValues:StringLike", `"a*"`), allow).with("gw:k=a1 gw:k=a2"),
			one(if1("ForAllValues:StringLike", `"a*"`), implicit).with("gw:k=a1 gw:k=b2"),
			one(if1("forallvalues:StringLike", `"a*"`), allow).with("gw:k=a1"),
			one(if1("ForAllValues:NumericLessThan", `5`), allow).with("gw:k=1 gw:k=4"),
			one(if1("ForAllValues:NumericLessThan", `5`), implicit).with("gw:k=1 gw:k=5"),
			one(if1("ForAllValues:StringEqualsIfExists", `"a"`), allow),
		}},
		{"Single-valued vs. multivalued context keys, ForAnyValue", []row{
			one(if1("ForAnyValue:StringEquals", `["a","b"]`), allow).with("gw:k=a"),
			one(if1("ForAnyValue:StringEquals", `["a","b"]`), allow).with("gw:k=c gw:k=a"),
			one(if1("ForAnyValue:StringEquals", `["a","b"]`), implicit).with("gw:k=c gw:k=d"),
			one(if1("ForAnyValue:StringEquals", `["a","b"]`), implicit),
			one(not1("ForAnyValue:StringEquals", `["a","b"]`), explicit).with("gw:k=c gw:k=b"),
			one(if1("ForAnyValue:StringNotEquals", `["a","b"]`), allow).with("gw:k=a gw:k=c"),
			one(if1("ForAnyValue:StringNotEquals", `["a","b"]`), implicit).with("gw:k=a gw:k=b"),
			one(if1("ForAnyValue:StringNotEquals", `["a","b"]`), implicit),
			one(if1("ForAnyValue:StringEqualsIfExists", `"a"`), allow),
			one(if1("FORANYVALUE:StringEquals", `"a"`), allow).with("gw:k=a"),
		}},
		{"no AWS page: several values without a prefix, where they disagree (our rule)", []row{
			one(if1("StringEquals", `"a"`), implicit).with("gw:k=a gw:k=b"),
			one(not1("StringEquals", `"a"`), explicit).with("gw:k=a gw:k=b"),
			one(not1("StringNotEquals", `"a"`), explicit).with("gw:k=a gw:k=b"),
			one(if1("StringNotEquals", `"a"`), implicit).with("gw:k=a gw:k=b"),
			one(if1("StringLike", `"a*"`), allow).with("gw:k=a gw:k=ab"),
			one(not1("StringLike", `"a*"`), implicit).with("gw:k=c gw:k=b"),
		}},
	})
}

func TestVariables(t *testing.T) {
	const home = `"Resource":"arn:aws:x:::home/${aws:username}/*"`
	const nobody = `"Resource":"arn:aws:x:::home/${aws:username, 'nobody'}/*"`
	const ann, star = "arn:aws:x:::home/ann/f", "arn:aws:x:::home/*/f"
	judge(t, []group{
		{"IAM policy elements: Variables and tags", []row{
			one("A: "+home, allow).on(ann).with("aws:username=ann"),
			one("A: "+home, implicit).on(ann).with("aws:username=bob"),
			one("A: "+home, implicit).on(ann).with("aws:username=Ann"),
			one(`A: "Resource":"arn:aws:x:::home/${AWS:UserName}/*"`, allow).on(ann).with("aws:username=ann"),
			one(`A: "Resource":"arn:aws:x:::${gw:a}${gw:b}"`, allow).on("arn:aws:x:::12").with("gw:a=1 gw:b=2"),
			one(`A: "Resource":"arn:aws:x:::${gw:a}-$-${gw:b}"`, allow).on("arn:aws:x:::1-$-2").with("gw:a=1 gw:b=2"),
			one("D: "+home, explicit).on(ann).with("aws:username=ann"),
			one("D: "+home, implicit).on(ann).with("aws:username=bob"),
			one(if1("StringEquals", `"${aws:username}"`), allow).with("gw:k=ann aws:username=ann"),
			one(if1("StringEquals", `"${aws:username}"`), implicit).with("gw:k=bob aws:username=ann"),
			one(if1("StringLike", `"${aws:username}/*"`), allow).with("gw:k=ann/f aws:username=ann"),
			one(if1("StringEqualsIgnoreCase", `"${aws:username}"`), allow).with("gw:k=ANN aws:username=ann"),
			one(if1("ArnEquals", `"arn:aws:iam::1:user/${aws:username}"`), allow).with("gw:k=arn:aws:iam::1:user/ann aws:username=ann"),
			one(if1("ArnEquals", `"${gw:arn}"`), allow).with("gw:k=arn:aws:iam::1:user/ann gw:arn=arn:aws:iam::1:user/ann"),
			one(if1("ArnEquals", `"${gw:arn}"`), implicit).with("gw:k=arn:aws:iam::1:user/ann gw:arn=ann"),
			one(not1("ArnEquals", `"${gw:arn}"`), explicit).with("gw:k=arn:aws:iam::1:user/ann gw:arn=ann"),
		}},
		{"IAM policy elements: Variables and tags, values are text (a value with a wildcard would widen the rule)", []row{
			one("A: "+home, implicit).on(ann).with("aws:username=*"),
			one("A: "+home, implicit).on(ann).with("aws:username=a??"),
			one("A: "+home, allow).on(star).with("aws:username=*"),
			one("A: "+home, implicit).on(ann).with("aws:username=${aws:username}"),
			one("A: "+home, implicit).on(ann).with("aws:username=\xff"),
			one(if1("StringLike", `"${aws:username}"`), implicit).with("gw:k=ann aws:username=*"),
			one(if1("StringLike", `"${aws:username}"`), allow).with("gw:k=* aws:username=*"),
		}},
		{"IAM policy elements: Variables and tags, ${*} ${?} ${$}", []row{
			one(`A: "Resource":"arn:aws:x:::a${*}"`, allow).on("arn:aws:x:::a*"),
			one(`A: "Resource":"arn:aws:x:::a${*}"`, implicit).on("arn:aws:x:::ab"),
			one(`A: "Resource":"arn:aws:x:::a${?}"`, allow).on("arn:aws:x:::a?"),
			one(`A: "Resource":"arn:aws:x:::a${?}"`, implicit).on("arn:aws:x:::ab"),
			one(`A: "Resource":"arn:aws:x:::${$}{aws:username}"`, allow).on("arn:aws:x:::${aws:username}"),
			one(if1("StringLike", `"${*}*"`), allow).with("gw:k=*a"),
			one(if1("StringLike", `"${*}*"`), implicit).with("gw:k=ba"),
			one(if1("StringEquals", `"${*}"`), allow).with("gw:k=*"),
		}},
		{"IAM policy elements: Variables and tags, default values", []row{
			one("A: "+nobody, allow).on("arn:aws:x:::home/nobody/f"),
			one("A: "+nobody, implicit).on(ann),
			one("A: "+nobody, allow).on(ann).with("aws:username=ann"),
			one("A: "+nobody, implicit).on("arn:aws:x:::home/nobody/f").with("aws:username=ann"),
			one("D: "+nobody, explicit).on("arn:aws:x:::home/nobody/f"),
			one(if1("StringEquals", `"${aws:username, 'a}b'}"`), allow).with("gw:k=a}b"),
			one(if1("StringEquals", `"${aws:username, ''}-"`), allow).with("gw:k=-"),
		}},
		{"IAM policy elements: Variables and tags, no value (where AWS is silent, against the caller)", []row{
			one("A: "+home, implicit).on(ann),
			one("A: "+home, implicit).on("arn:aws:x:::home//f"),
			one("A: "+home, implicit).on("arn:aws:x:::home/${aws:username}/f"),
			one("A: "+home, implicit).on("arn:aws:x:::home//f").with("aws:username="),
			one("A: "+home, implicit).on(ann).with("aws:username=ann aws:username=bob"),
			one("D: "+home, explicit).on(ann),
			one("D: "+home, explicit).on(ann).with("aws:username=ann aws:username=bob"),
			one("D: "+home, implicit).on("arn:aws:x:::other/ann/f"),
			one(`A: "NotResource":"arn:aws:x:::home/${aws:username}/*"`, implicit).on(ann),
			one(`A: "NotResource":"arn:aws:x:::home/${aws:username}/*"`, allow).on("arn:aws:x:::other"),
			one(`D: "NotResource":"arn:aws:x:::home/${aws:username}/*"`, explicit).on(ann),
			one(`A: "Resource":["arn:aws:x:::home/${aws:username}/*","arn:aws:x:::*"]`, allow).on(ann),
			one(if1("StringEquals", `"${aws:username}"`), implicit).with("gw:k=ann"),
			one(if1("StringNotEquals", `"${aws:username}"`), implicit).with("gw:k=ann"),
			one(not1("StringEquals", `"${aws:username}"`), explicit).with("gw:k=ann"),
			one(not1("StringNotEquals", `"${aws:username}"`), explicit).with("gw:k=ann"),
			one(not1("StringEquals", `"${aws:username}"`), implicit),
			one(if1("StringEquals", `["${aws:username}","ann"]`), allow).with("gw:k=ann"),
			one(not1("StringNotEquals", `["${aws:username}","ann"]`), implicit).with("gw:k=ann"),
		}},
	})
}
