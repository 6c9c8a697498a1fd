package sigv4_test

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var mutations = slices.Concat(requestMutations, claimMutations, scopeMutations)

// What is signed is changed on the wire.
var requestMutations = []mutation{
	{name: "signature, first digit", code: invalid, text: differs, after: onSignature(func(s string) string { return flip(s, 0) })},
	{name: "signature, last digit", code: invalid, text: differs, after: onSignature(func(s string) string { return flip(s, 63) })},
	{name: "signature in upper case", code: invalid, text: differs, after: onSignature(strings.ToUpper)},
	{name: "signature cut", code: invalid, text: differs, after: onSignature(func(s string) string { return s[:62] })},
	{name: "signature longer", code: invalid, text: differs, after: onSignature(func(s string) string { return s + "00" })},
	{name: "signature and a letter", code: invalid, text: differs, after: onSignature(func(s string) string { return s + "x" })},
	{name: "signature not hex", code: invalid, text: differs, after: onSignature(func(s string) string { return "x" + s[1:] })},
	{name: "method", code: invalid, text: differs, after: wire(func(r *http.Request) { r.Method = http.MethodPut })},
	{name: "path with //", code: invalid, text: differs, after: onWire("/prod/", "/prod//")},
	{name: "path with /./", code: invalid, text: differs, after: onWire("/prod/", "/prod/./")},
	{name: "path with %2e", code: invalid, text: differs, after: onWire("/prod/", "/prod/%2e/")},
	{name: "path with /../", code: invalid, text: differs, after: onWire("/prod/", "/x/../prod/")},
	{name: "path escaped", code: invalid, text: differs, after: onWire("/prod/", "/%70rod/")},
	{name: "path ends with slash", code: invalid, text: differs, after: onWire("?", "/?")},
	{name: "path case", code: invalid, text: differs, after: onWire("/prod/", "/Prod/")},
	{name: "absolute target", code: badRequest, after: onWire("/prod/", "http://example.com/prod/")},
	{name: "query value", code: invalid, text: differs, after: onWire("a=1", "a=2")},
	{name: "query name", code: invalid, text: differs, after: onWire("a=1", "A=1")},
	{name: "query longer", code: invalid, text: differs, after: onWire("a=1", "a=1&c=3")},
	{name: "query with an unnamed parameter", code: invalid, text: differs, after: onWire("a=1", "a=1&=3")},
	{
		name: "query with another token", form: "header", code: invalid, text: differs,
		after: onWire("a=1", "a=1&X-Amz-Security-Token=x"),
	},
	{
		name: "query with an escaped plus unescaped", code: invalid, text: differs,
		before: func(c *call) { c.query = "a=%2B" }, after: onWire("?a=%2B", "?a=+"),
	},
	{
		name: "query with an escaped semicolon unescaped", code: invalid, text: differs,
		before: func(c *call) { c.query = "a=%3B" }, after: onWire("?a=%3B", "?a=;"),
	},
	{name: "query shorter", code: invalid, text: differs, after: onWire("&a=1", "")},
	{name: "query with plus", code: invalid, text: differs, after: onWire("%20", "+")},
	{name: "query with semicolon", code: invalid, text: differs, after: onWire("&a", ";a")},
	{name: "query with a bad escape", code: badRequest, after: onWire("%20", "%2")},
	{name: "query with an escape that does not begin in hex", code: badRequest, after: onWire("%20", "%g0")},
	{name: "query name with a bad escape", code: badRequest, after: onWire("a=1", "%2=1")},
	{name: "query with an escape that is not hex", code: badRequest, after: onWire("%20", "%2g")},
	{name: "host", code: invalid, text: differs, after: wire(func(r *http.Request) { r.Host = "example.com" })},
	{name: "host missing", code: invalid, text: "signed header 'host' is not in", after: wire(func(r *http.Request) { r.Host = "" })},
	{name: "body byte", code: invalid, after: func(_ *http.Request, body *[]byte) { *body = append(*body, 'x') }},
	{name: "body replaced", code: invalid, text: differs, after: func(_ *http.Request, body *[]byte) { *body = []byte("y") }},
	{name: "content length", code: invalid, text: differs, after: wire(func(r *http.Request) { r.ContentLength++ })},
	{
		name: "content length unknown", code: invalid, text: "signed header 'content-length'",
		after: wire(func(r *http.Request) { r.ContentLength = -1 }),
	},
	{name: "header value", code: invalid, text: differs, after: wire(func(r *http.Request) { r.Header.Set("X-Amz-Meta", "two") })},
	{name: "header twice", code: invalid, text: differs, after: wire(func(r *http.Request) { r.Header.Add("X-Amz-Meta", "one") })},
	{
		name: "header missing", code: invalid, text: "signed header 'x-amz-meta' is not in",
		after: wire(func(r *http.Request) { r.Header.Del("X-Amz-Meta") }),
	},
	{
		name: "header unsigned", code: invalid, text: "not signed",
		after: wire(func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }),
	},
	{
		name: "header swapped for an unsigned one", code: invalid, text: "not in the request",
		after: wire(func(r *http.Request) { r.Header.Del("X-Amz-Meta"); r.Header.Set("X-Amz-Target", "x") }),
	},
	{
		name: "date", code: invalid, form: "header", text: differs,
		after: wire(func(r *http.Request) {
			r.Header.Set("X-Amz-Date", testTime.Add(time.Second).Format("20060102T150405Z"))
		}),
	},
	{name: "date in query", code: invalid, form: "query", text: differs, after: onWire("Date=20240219T071142Z", "Date=20240219T071143Z")},
	{name: "expires added", code: invalid, form: "query", text: differs, after: onWire("&X-Amz-Date", "&X-Amz-Expires=600&X-Amz-Date")},
	{name: "other secret", code: invalid, text: differs, before: func(c *call) { c.key.Secret += "x" }},
}

// The signature is made in a form that is not allowed, or with parts missing.
var claimMutations = []mutation{
	{
		name: "no signature", form: "header", code: missing, text: "Missing Authentication Token",
		after: wire(func(r *http.Request) { r.Header.Del("Authorization") }),
	},
	{
		name: "both forms", form: "query", code: badRequest, text: "Only one",
		after: wire(func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a") }),
	},
	{
		name: "both forms, signature in query", form: "header", code: badRequest, text: "Only one",
		before: func(c *call) { c.query += "&X-Amz-Signature=00" },
	},
	{
		name: "both forms, algorithm in query", form: "header", code: badRequest, text: "Only one",
		before: func(c *call) { c.query += "&X-Amz-Algorithm=x" },
	},
	{
		name: "both forms, escaped", form: "header", code: badRequest, text: "Only one",
		before: func(c *call) { c.query += "&X%2DAmz-Credential=x" },
	},
	{
		name: "header repeated", form: "header", code: incomplete, text: "only once",
		after: wire(func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }),
	},
	{name: "algorithm", code: incomplete, text: "Unsupported", before: func(c *call) { c.algorithm = "AWS4-ECDSA-P256-SHA256" }},
	{name: "other scheme", form: "header", code: incomplete, text: "requires 'Credential'", before: func(c *call) { c.algorithm = "Bearer" }},
	{name: "no credential", form: "header", code: incomplete, text: "requires 'Credential'", after: onWire("Credential=", "Cred=")},
	{name: "no credential", form: "query", code: incomplete, text: "must include 'X-Amz-Credential'", after: onWire("Amz-Cred", "Cred")},
	{name: "no list", form: "header", code: incomplete, text: "requires 'SignedHeaders'", after: onWire("SignedHeaders=", "S=")},
	{name: "no list", form: "query", code: incomplete, text: "must include 'X-Amz-SignedHeaders'", after: onWire("Amz-SignedH", "H")},
	{name: "no signature", form: "header", code: incomplete, text: "requires 'Signature'", after: onWire("Signature=", "S=")},
	{name: "no signature", form: "query", code: incomplete, text: "must include 'X-Amz-Signature'", after: onWire("Amz-Signature", "S")},
	{name: "no algorithm", form: "query", code: incomplete, text: "must include 'X-Amz-Algorithm'", after: onWire("Amz-Algorithm", "A")},
	{name: "no date", form: "query", code: incomplete, text: "must include 'X-Amz-Date'", after: onWire("Amz-Date", "D")},
	{
		name: "no date", form: "header", code: incomplete, text: "either a 'X-Amz-Date' or a 'Date' header",
		before: func(c *call) { c.header.Del("X-Amz-Date"); c.signed = remove(c.signed, "x-amz-date") },
	},
	{name: "part twice", form: "header", code: incomplete, text: "more than one 'Credential'", after: onWire("Credential", "Credential=x, Credential")},
	{name: "part twice", form: "query", code: incomplete, text: "must appear once", after: onWire("&X-Amz-Date", "&X-Amz-Date=x&X-Amz-Date")},
	{name: "part empty", form: "query", code: incomplete, text: "must appear once", after: onWire("&X-Amz-Date", "&X-Amz-Expires=&X-Amz-Date")},
	{name: "credential of four parts", code: incomplete, text: "5 slash-delimited", before: func(c *call) { c.service += "_"; c.key.ID = ""; c.end = "" }, after: cutScope},
	{name: "credential of six parts", code: incomplete, text: "5 slash-delimited", before: func(c *call) { c.end += "/x" }},
	{name: "date is no date", code: incomplete, text: "ISO-8601", before: setDate("20240219T071160Z")},
	{name: "date has fractions", code: incomplete, text: "ISO-8601", before: setDate("20240219T071142.5Z")},
	{
		name: "date repeated", form: "header", code: incomplete, text: "ISO-8601",
		after: wire(func(r *http.Request) { r.Header.Add("X-Amz-Date", r.Header.Get("X-Amz-Date")) }),
	},
	{name: "expires no number", form: "query", code: incomplete, text: "number", before: func(c *call) { c.expires = "1e3" }},
	{name: "expires negative", form: "query", code: incomplete, text: "number", before: func(c *call) { c.expires = "-1" }},
	{name: "expires at once", form: "query", code: incomplete, text: "604800", before: func(c *call) { c.expires = "0" }},
	{name: "expires too late", form: "query", code: incomplete, text: "604800", before: func(c *call) { c.expires = "604801" }},
	{name: "host not signed", code: invalid, text: "'Host' or ':authority'", before: func(c *call) { c.signed = remove(c.signed, "host") }},
	{
		name: "date not signed", form: "header", code: invalid, text: "'x-amz-date' must be a 'SignedHeader'",
		before: func(c *call) { c.signed = remove(c.signed, "x-amz-date") },
	},
	{
		name: "date header not signed", form: "header", code: invalid, text: "'date' must be a 'SignedHeader'",
		before: func(c *call) {
			c.signed = remove(c.signed, "x-amz-date")
			c.header.Del("X-Amz-Date")
			c.header.Set("Date", testTime.Format(http.TimeFormat))
		},
	},
	{name: "x-amz header not signed", code: invalid, text: "not signed", before: func(c *call) { c.signed = remove(c.signed, "x-amz-meta") }},
	{name: "list not sorted", code: incomplete, text: "sorted", before: func(c *call) { slices.Reverse(c.signed) }},
	{name: "list with repetition", code: incomplete, text: "sorted", before: func(c *call) { c.signed = slices.Insert(c.signed, 0, c.signed[0]) }},
	{name: "list in upper case", code: incomplete, text: "sorted", before: func(c *call) { c.signed[0] = strings.ToUpper(c.signed[0]) }},
	{name: "list with an empty name", code: incomplete, text: "sorted", before: func(c *call) { c.signed = slices.Insert(c.signed, 0, "") }},
	{name: "list with an absent name", code: invalid, text: "not in the request", before: func(c *call) { c.signed = append(c.signed, "x-zzz") }},
}

// The signature is good, but for another key, place, time or body.
var scopeMutations = []mutation{
	{name: "region", code: invalid, text: "scoped to a valid region, not 'eu-west-1'", before: func(c *call) { c.region = "eu-west-1" }},
	{name: "service", code: invalid, text: "Credential should be scoped to correct service: 'execute-api'.", before: func(c *call) { c.service = "apigateway" }},
	{name: "terminator", code: invalid, text: "valid terminator", before: func(c *call) { c.end = "aws3_request" }},
	{name: "day", code: invalid, text: "'20240220' != '20240219'", before: func(c *call) { c.day = "20240220" }},
	{
		name: "too old", code: invalid, before: at(-301 * time.Second),
		text: "Signature expired: 20240219T070641Z is now earlier than 20240219T070642Z (20240219T071142Z - 5 min.)",
	},
	{
		name: "too new", code: invalid, before: at(301 * time.Second),
		text: "Signature not yet current: 20240219T071643Z is still later than 20240219T071642Z (20240219T071142Z + 5 min.)",
	},
	{
		name: "expired", form: "query", code: invalid, text: "(20240219T071142Z - 61 sec.)",
		before: func(c *call) { c.expires = "61"; at(-62 * time.Second)(c) },
	},
	{name: "unknown key", code: unrecognized, before: func(c *call) { c.key.ID = "AKIDNOBODY" }},
	{name: "no token or a token too many", code: unrecognized, before: func(c *call) {
		if c.key.SessionToken != "" {
			setToken("")(c)
		} else {
			setToken("token")(c)
		}
	}},
	{name: "foreign token", code: unrecognized, before: setToken("foreign")},
	{
		name: "token twice", code: unrecognized, before: func(c *call) { c.setHeader("X-Amz-Security-Token", "a") },
		after: wire(func(r *http.Request) { r.Header.Add("X-Amz-Security-Token", temporary.SessionToken) }),
	},
	{name: "payload unsigned", code: invalid, text: "UNSIGNED-PAYLOAD", before: payload("UNSIGNED-PAYLOAD")},
	{name: "payload streamed", code: invalid, text: "STREAMING", before: payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")},
	{name: "payload unsigned trailer", code: invalid, text: "STREAMING", before: payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER")},
	{name: "payload of another body", code: invalid, text: "does not match what was computed", before: payload(strings.Repeat("0", 64))},
	{name: "payload header wrong", code: invalid, text: "does not match what was computed", before: func(c *call) {
		c.setHeader("X-Amz-Content-Sha256", strings.Repeat("0", 64))
	}},
	{
		name: "payload header twice", code: invalid, text: "does not match what was computed",
		before: func(c *call) { c.setHeader("X-Amz-Content-Sha256", referenceHash(c.body)) },
		after:  wire(func(r *http.Request) { r.Header.Add("X-Amz-Content-Sha256", r.Header.Get("X-Amz-Content-Sha256")) }),
	},
}

// cutScope drops an empty last part of the scope.
func cutScope(r *http.Request, body *[]byte) {
	onWire("_/,", "_,")(r, body)
	onWire("_%2F&", "_&")(r, body)
}

func setDate(s string) func(c *call) {
	return func(c *call) {
		c.date = s
		if c.form == "header" {
			c.header.Set("X-Amz-Date", s)
		}
	}
}
