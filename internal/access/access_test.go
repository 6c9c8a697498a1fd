package access_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

const account = "111122223333"

var root = sigv4.Key{ID: "GWRTROOT", Secret: "root secret"}

// credential is a credential whose keys are named after it.
func credential(name, policy string) gateway.Credential {
	c := gateway.Credential{AccessKey: gateway.AccessKey{AccessKeyID: "GWAK" + name, SecretAccessKey: "secret of " + name}}
	c.Name, c.Policy = name, json.RawMessage(policy)
	return c
}

func callers(all ...gateway.Credential) *access.Callers {
	c := access.New(root, account)
	c.Replace(all)
	return c
}

const (
	post  = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/POST/@connections/R0oXAdfD0kwCH6w="
	apis  = "arn:aws:apigateway:us-east-1::/apis"
	push  = "execute-api:ManageConnections"
	allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:*",` +
		`"Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*"}]}`
	deny = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` +
		`{"Effect":"Deny","Action":["apigateway:DELETE","execute-api:ManageConnections"],"Resource":"*"}]}`
)

// TestAuthorize has what callers are told: "Troubleshoot access denied error messages" in the IAM user guide.
func TestAuthorize(t *testing.T) {
	all := callers(credential("anna", allow), credential("bert", deny), credential("odd", `{"Statement":"x"}`), credential("none", ""))
	const refused = "User: arn:aws:iam::111122223333:user/"
	for _, test := range []struct{ key, action, resource, want string }{
		{"GWRTROOT", "gangway:DeleteCredential", "arn:aws:gangway:us-east-1:111122223333:credentials/x", ""},
		{"GWAKanna", push, post, ""},
		{"GWAKanna", "execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/$connect", ""},
		{"GWAKanna", "apigateway:POST", apis, refused + "anna is not authorized to perform: apigateway:POST on resource: " + apis +
			" because no identity-based policy allows the apigateway:POST action"},
		{"GWAKbert", "apigateway:POST", apis, ""},
		{"GWAKbert", "apigateway:DELETE", apis, refused + "bert is not authorized to perform: apigateway:DELETE on resource: " + apis +
			" with an explicit deny in an identity-based policy"},
		{"GWAKbert", push, post, refused + "bert is not authorized to perform: " + push +
			" on resource: arn:aws:execute-api:us-east-1:********3333:a1b2c3/prod/POST/@connections/R0oXAdfD0kwCH6w=" +
			" with an explicit deny in an identity-based policy"},
		{"GWAKodd", "apigateway:GET", apis, refused + "odd is not authorized to perform: apigateway:GET on resource: " + apis +
			" because no identity-based policy allows the apigateway:GET action"},
		{"GWAKnone", "apigateway:GET", apis, refused + "none is not authorized to perform: apigateway:GET on resource: " + apis +
			" because no identity-based policy allows the apigateway:GET action"},
		{"GWAKgone", "apigateway:GET", apis, "The security token included in the request is invalid."},
		{"", "apigateway:GET", apis, "The security token included in the request is invalid."},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		err := all.Authorize(r, test.key, test.action, test.resource)
		got := ""
		if shown, ok := errors.AsType[*gateway.Error](err); ok && errors.Is(err, gateway.ErrForbidden) {
			got = shown.Message
		}
		if got != test.want || (err == nil) != (test.want == "") {
			t.Errorf("%s %s: got %v, want %q", test.key, test.action, err, test.want)
		}
	}
}

func TestDenial(t *testing.T) {
	caller, _ := callers(credential("bert", deny)).Caller("GWAKbert")
	denial, ok := errors.AsType[*access.DeniedError](caller.Authorize(push, post, nil))
	want := access.DeniedError{User: "arn:aws:iam::111122223333:user/bert", Action: push, Resource: post, Explicit: true}
	if !ok || *denial != want {
		t.Errorf("got %+v, want %+v", denial, want)
	}
	if owner, _ := callers().Caller(root.ID); owner.Authorize(push, post, nil) != nil {
		t.Error("the root was refused")
	}
	for arn, want := range map[string]string{
		post:                                 "arn:aws:execute-api:us-east-1:********3333:a1b2c3/prod/POST/@connections/R0oXAdfD0kwCH6w=",
		"arn:aws:execute-api:us-east-1:12:a": "arn:aws:execute-api:us-east-1:********12:a",
		"arn:aws:execute-api:us-east-1":      "arn:aws:execute-api:us-east-1",
	} {
		if got := access.Masked(arn); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestKeys: who is known by which key, and who is not.
func TestKeys(t *testing.T) {
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rotated := credential("anna", allow)
	rotated.SessionToken, rotated.Expiration = "token", end
	rotated.Previous = &gateway.AccessKey{AccessKeyID: "GWAKold", SecretAccessKey: "old", Expiration: end.Add(-time.Hour)}
	twin, impostor, bare, nameless := credential("twin", allow), credential("impostor", allow), credential("bare", allow), credential("x", allow)
	twin.AccessKeyID, impostor.AccessKeyID, bare.SecretAccessKey, nameless.AccessKeyID = "GWAKother", root.ID, "", ""
	all := callers(rotated, twin, credential("other", allow), impostor, bare, nameless)
	user := "arn:aws:iam::111122223333:user/anna"
	for id, want := range map[string]struct {
		key  sigv4.Key
		name string
		arn  string
		user string
	}{
		"GWAKanna": {sigv4.Key{ID: "GWAKanna", Secret: "secret of anna", SessionToken: "token", Expires: end}, "anna", user, "anna"},
		"GWAKold":  {sigv4.Key{ID: "GWAKold", Secret: "old", Expires: end.Add(-time.Hour)}, "anna", user, "anna"},
		root.ID:    {root, "", "arn:aws:iam::111122223333:root", account},
	} {
		key, known := all.Key(id)
		caller, found := all.Caller(id)
		if !known || !found || key != want.key {
			t.Fatalf("%s: got %+v", id, key)
		}
		if caller.AccessKeyID != id || caller.Name != want.name || caller.ARN != want.arn || caller.UserID != want.user {
			t.Errorf("%s: got %+v", id, caller)
		}
	}
	for _, id := range []string{"GWAKother", "GWAKbare", "GWAKgone", ""} {
		key, known := all.Key(id)
		if caller, found := all.Caller(id); known || found || caller != nil || key != (sigv4.Key{}) {
			t.Errorf("%q: got %+v, %+v", id, key, caller)
		}
	}
	all.Replace(nil)
	if _, known := all.Key("GWAKanna"); known {
		t.Error("a credential that is gone is known")
	}
	if _, known := all.Key(root.ID); !known {
		t.Error("the root is gone")
	}
	if _, known := access.New(sigv4.Key{}, account).Key(""); known {
		t.Error("a root without a key is known")
	}
}

// TestFacts: what a policy may ask about a request and about its caller.
func TestFacts(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.RemoteAddr = "[::ffff:203.0.113.7]:5000"
	r.Header.Set("User-Agent", "probe/1")
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("X-Forwarded-Proto", "https")
	want := map[string][]string{
		"aws:sourceip": {"203.0.113.7"}, "aws:useragent": {"probe/1"}, "aws:securetransport": {"false"},
		"aws:currenttime": {"2026-01-02T02:04:05Z"}, "aws:epochtime": {"1767319445"},
	}
	same := func(a, b []string) bool { return len(a) == 1 && len(b) == 1 && a[0] == b[0] }
	if got := access.Facts(r, now); !maps.EqualFunc(got, want, same) {
		t.Errorf("got %v, want %v", got, want)
	}
	r.TLS, r.RemoteAddr = new(tls.ConnectionState), "@"
	r.Header.Del("User-Agent")
	want = map[string][]string{"aws:securetransport": {"true"}, "aws:currenttime": want["aws:currenttime"], "aws:epochtime": want["aws:epochtime"]}
	if got := access.Facts(r, now); !maps.EqualFunc(got, want, same) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestConditions: the keys of the caller are those of the caller, whatever the context says, and the context stays as it is.
func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		`{"StringEquals":{"aws:username":"anna"}}`:                                 true,
		`{"StringEquals":{"aws:userid":"anna"}}`:                                   true,
		`{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/anna"}}`: true,
		`{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`:                 true,
		`{"StringEquals":{"aws:PrincipalType":"User"}}`:                            true,
		`{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`:                          true,
		`{"StringEquals":{"aws:username":"bert"}}`:                                 false,
		`{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`:                         false,
		`{"Bool":{"aws:SecureTransport":"true"}}`:                                  false,
		`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-02T02:00:00Z"}}`:           true,
		`{"NumericLessThan":{"aws:EpochTime":"1767319000"}}`:                       false,
	} {
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"apigateway:GET","Resource":"*","Condition":` + condition + `}]}`
		all := callers(credential("anna", document))
		caller, _ := all.Caller("GWAKanna")
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RemoteAddr = "203.0.113.7:5000"
		context := access.Facts(r, time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC))
		context["aws:username"] = []string{"bert"}
		if err := caller.Authorize("apigateway:GET", apis, context); (err == nil) != want {
			t.Errorf("%s: got %v, want %v", condition, err, want)
		}
		if err := all.Authorize(r, "GWAKanna", "apigateway:GET", apis); (err == nil) != want {
			t.Errorf("%s, now: got %v, want %v", condition, err, want)
		}
		if len(context) != 5 || context["aws:username"][0] != "bert" {
			t.Errorf("the context was changed: %v", context)
		}
	}
}
