package registry_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"gangway/internal/sigv4"
)

// TestLife is a function from its creation to its end, as clients see it.
func TestLife(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := python(t, "one")
	sum := sha256.Sum256(code)
	made := s.must(http.StatusCreated, "POST", all, creation("echo", code, "Tags", `{"team":"a"}`, "Timeout", "7"))
	for member, want := range map[string]any{
		"FunctionName": "echo", "FunctionArn": prefix + "echo", "CodeSha256": base64.StdEncoding.EncodeToString(sum[:]),
		"CodeSize": float64(len(code)), "State": "Active", "LastUpdateStatus": "Successful", "PackageType": "Zip", "Version": "$LATEST",
		"Timeout": 7.0, "MemorySize": 128.0, "TracingConfig.Mode": "PassThrough", "EphemeralStorage.Size": 512.0,
		"LoggingConfig.LogGroup": "/aws/lambda/echo", "SnapStart.ApplyOn": "None",
	} {
		if got := made.member(member); got != want {
			t.Errorf("%s is %v, expected %v", member, got, want)
		}
	}
	if again := s.call("POST", all, creation("echo", code)); again.status != http.StatusConflict || again.code != "ResourceConflictException" {
		t.Errorf("a second one: %d %s", again.status, again.body)
	}
	if again := s.call("POST", all, creation("ECHO", code)); again.status != http.StatusConflict {
		t.Errorf("one that differs in case alone: %d %s", again.status, again.body)
	}
	updated := s.must(http.StatusOK, "PUT", all+"/echo/configuration", `{"MemorySize":256,"Environment":{"Variables":{"A1":"b"}}}`)
	if updated.member("Timeout") != 7.0 || updated.member("MemorySize") != 256.0 || updated.member("Environment.Variables.A1") != "b" {
		t.Errorf("after an update: %s", updated.body)
	}
	updated = s.must(http.StatusOK, "PUT", all+"/echo/configuration", `{"Environment":{"Variables":{"C1":"d"}}}`)
	if updated.member("Environment.Variables.A1") != nil || updated.member("Environment.Variables.C1") != "d" {
		t.Errorf("variables are not replaced as a whole: %s", updated.body)
	}
	stale := s.call("PUT", all+"/echo/configuration", `{"RevisionId":"`+made.member("RevisionId").(string)+`","Timeout":9}`)
	if stale.status != http.StatusPreconditionFailed || stale.code != "PreconditionFailedException" {
		t.Errorf("of an old revision: %d %s", stale.status, stale.body)
	}
	got := s.must(http.StatusOK, "GET", all+"/"+prefix+"echo", "")
	if got.member("Tags.team") != "a" || got.member("Configuration.Timeout") != 7.0 || got.member("Concurrency") != nil {
		t.Errorf("got %s", got.body)
	}
	s.must(http.StatusNoContent, "DELETE", all+"/echo", "")
	if gone := s.call("GET", all+"/echo", ""); gone.status != http.StatusNotFound || gone.code != "ResourceNotFoundException" {
		t.Errorf("after its end: %d %s", gone.status, gone.body)
	}
	if left := tree(t, s.dir); len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
}

// TestInvoke: what is invoked is the code that was uploaded last.
func TestInvoke(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("SKIPPED: no python3")
	}
	s := newStand(t, t.TempDir())
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	wantResult(s, "echo", `"one"`)
	s.must(http.StatusOK, "PUT", all+"/echo/code", `{"ZipFile":"`+base64.StdEncoding.EncodeToString(python(t, "two"))+`"}`)
	wantResult(s, prefix+"echo:$LATEST", `"two"`)
	s.must(http.StatusOK, "PUT", "/2017-10-31/functions/echo/concurrency", `{"ReservedConcurrentExecutions":0}`)
	if got := s.call("POST", all+"/echo/invocations", "{}"); got.status != http.StatusTooManyRequests {
		t.Errorf("with no concurrency: %d %s", got.status, got.body)
	}
	s.must(http.StatusNoContent, "DELETE", "/2017-10-31/functions/echo/concurrency", "")
	wantResult(s, "echo", `"two"`)
	if got := s.call("POST", all+"/nobody/invocations", "{}"); got.status != http.StatusNotFound {
		t.Errorf("of nobody: %d %s", got.status, got.body)
	}
}

func wantResult(s *stand, function, want string) {
	s.Helper()
	if got := s.must(http.StatusOK, "POST", all+"/"+function+"/invocations", "{}"); string(got.body) != want {
		s.Errorf("%s answered %s, expected %s", function, got.body, want)
	}
}

// TestRefused: what is wrong with a request, and what is not here.
func TestRefused(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := python(t, "one")
	s.must(http.StatusCreated, "POST", all, creation("echo", code, "Timeout", "null", "Description", `"`+strings.Repeat("é", 256)+`"`))
	const wrong, unfit = "InvalidParameterValueException", "ValidationException"
	for _, test := range []struct {
		method, path, body string
		status             int
		code, text         string
	}{
		{"POST", all, creation("x", code, "Timeout", "901"), 400, unfit, "less than or equal to 900"},
		{"POST", all, creation("x", code, "MemorySize", "64"), 400, unfit, "greater than or equal to 128"},
		{"POST", all, creation("x", code, "Role", `"me"`), 400, unfit, "role"},
		{"POST", all, creation("x y", code), 400, unfit, "functionName"},
		{"POST", all, creation("../x", code), 400, unfit, "functionName"},
		{"POST", all, creation("x", code, "Runtime", `"java21"`), 400, wrong, "java21 is not served"},
		{"POST", all, creation("x", code, "Handler", `""`), 400, wrong, "mandatory"},
		{"POST", all, creation("x", code, "Handler", `"app"`), 400, wrong, "module.function"},
		{"POST", all, creation("x", code, "Layers", `["arn:x"]`), 400, wrong, "there are no layers"},
		{"POST", all, creation("x", code, "PackageType", `"Image"`), 400, wrong, "container images"},
		{"POST", all, creation("x", code, "Publish", "true"), 400, wrong, "$LATEST"},
		{"POST", all, creation("x", code, "Code", `{"S3Bucket":"b","S3Key":"k"}`), 400, wrong, "ZipFile"},
		{"POST", all, creation("x", code, "Environment", `{"Variables":{"AWS_REGION":"x"}}`), 400, wrong, "reserved keys"},
		{"POST", all, creation("x", code, "Environment", `{"Variables":{"A=B":"x"}}`), 400, unfit, "regular expression"},
		{"POST", all, creation("x", code, "Environment", `{"Variables":{"AA":"`+strings.Repeat("x", 4097)+`"}}`), 400, wrong, "4KB"},
		{"POST", all, creation("x", code, "Tags", `{"aws:x":"y"}`), 400, wrong, "reserved"},
		{"POST", all, creation("x", code, "Timeout", `"soon"`), 400, "SerializationException", "JSON"},
		{"POST", all, "[", 400, "SerializationException", ""},
		{"POST", all, "[]", 400, "SerializationException", ""},
		{"POST", all, "{}", 400, unfit, "functionName"},
		{"POST", all, creation("x", code, "Timeout", "0"), 400, unfit, "greater than or equal to 1"},
		{"POST", all, creation("x", code, "MemorySize", "0"), 400, unfit, "greater than or equal to 128"},
		{"POST", all, creation("x", code, "MemorySize", "32769"), 400, unfit, "less than or equal to 32768"},
		{"POST", all, creation("x", code, "Description", `"`+strings.Repeat("é", 257)+`"`), 400, unfit, "description"},
		{"POST", all, creation("x", code, "timeout", "900"), 400, wrong, "told by their case"},
		{"POST", all, creation("x", code, "layers", `["arn:x"]`), 400, wrong, "told by their case"},
		{"POST", all, creation("x", code, "NoSuchMember", "1"), 400, wrong, "NoSuchMember"},
		{"POST", all, creation("x", code, "VpcConfig", `{"subnetIds":[]}`), 400, wrong, "subnetIds"},
		{"POST", all, creation("x", code, "Code", `{"zipFile":"x"}`), 400, wrong, "zipFile"},
		{"POST", all, creation("x", code, "TenancyConfig", `{"TenantIsolationMode":"PER_TENANT"}`), 400, wrong, "not served"},
		{"POST", all, creation("x", code, "DurableConfig", `{"ExecutionTimeout":1}`), 400, wrong, "not served"},
		{"POST", all, creation("x", code, "Tags", `{"a":"1","A":"2"}`), 400, wrong, "case differs"},
		{"PUT", all + "/echo/configuration", `{"Timeout":0}`, 400, unfit, "greater than or equal to 1"},
		{"PUT", all + "/echo/configuration", `{"Timeout":1,"Timeout":2}`, 400, wrong, "comes twice"},
		{"POST", all + "/echo/invocations?Qualifier=5", "{}", 404, "ResourceNotFoundException", "echo:5"},
		{"POST", all + "/echo:live/invocations", "{}", 404, "ResourceNotFoundException", "echo:live"},
		{"POST", all + "/echo/invocations", strings.Repeat(" ", 6<<20+1), 413, "RequestTooLargeException", "InvokeFunction"},
		{"POST", "/2025-11-30/capacity-providers", "{}", 400, wrong, "no capacity providers"},
		{"PUT", all + "/echo/configuration", `{"Timeout":901}`, 400, unfit, ""},
		{"PUT", all + "/nobody/configuration", `{}`, 404, "ResourceNotFoundException", prefix + "nobody"},
		{"GET", all + "/echo?Qualifier=live", "", 404, "ResourceNotFoundException", "echo:live"},
		{"POST", all + "/echo/versions", "{}", 400, wrong, "PublishVersion is not served by Gangway: there is one version"},
		{"POST", all + "/echo/aliases", "{}", 400, wrong, "no aliases"},
		{"POST", "/2018-10-31/layers/x/versions", "{}", 400, wrong, "no layers"},
		{"GET", "/2016-08-19/account-settings/", "", 400, wrong, "GetAccountSettings"},
		{"GET", all + "/echo/aliases/live", "", 404, "ResourceNotFoundException", ""},
		{"GET", all + "/echo/policy", "", 404, "ResourceNotFoundException", "does not exist"},
		{"PUT", "/2017-10-31/functions/echo/concurrency", `{"ReservedConcurrentExecutions":901}`, 400, wrong, "minimum value of [100]"},
		{"PUT", "/2017-10-31/functions/echo/concurrency", `{}`, 400, unfit, ""},
		{"GET", "/2099-01-01/nothing", "", 404, "UnknownOperationException", ""},
	} {
		got := s.call(test.method, test.path, test.body)
		if got.status != test.status || got.code != test.code || !strings.Contains(string(got.body), test.text) {
			t.Errorf("%s %s %.80s: %d %s %s, expected %d %s %s", test.method, test.path, test.body, got.status, got.code, got.body, test.status, test.code, test.text)
		}
		if got.member("message") != got.member("Message") || got.member("Type") != "User" {
			t.Errorf("%s %s: the shape is %s", test.method, test.path, got.body)
		}
	}
	if list := s.must(http.StatusOK, "GET", all+"/", ""); len(list.member("Functions").([]any)) != 1 {
		t.Errorf("after all that: %s", list.body)
	}
}

// TestAccess: who has not signed, or may not, changes and learns nothing.
func TestAccess(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := python(t, "one")
	s.must(http.StatusCreated, "POST", all, creation("echo", code, "Tags", `{"team":"a"}`))
	wrong := root
	wrong.Secret += "x"
	for name, key := range map[string]sigv4.Key{"nobody": {}, "a wrong secret": wrong, "a stranger": {ID: "GWAKx", Secret: "x"}} {
		for _, path := range []string{all + "/echo", all + "/nobody", "/2099-01-01/nothing"} {
			if got := s.as(key, "GET", path, ""); got.status != http.StatusForbidden || strings.Contains(string(got.body), "Function not found") {
				t.Errorf("%s, %s: %d %s", name, path, got.status, got.body)
			}
		}
		if got := s.as(key, "POST", all+"/echo/invocations", "{}"); got.status != http.StatusForbidden {
			t.Errorf("%s invokes: %d %s", name, got.status, got.body)
		}
	}
	anna := s.credential("anna", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["lambda:Get*","lambda:UpdateFunctionCode"],"Resource":"`+prefix+`echo"},
		{"Effect":"Allow","Action":"lambda:ListTags","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}]}`)
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", all + "/echo", "", 200},
		{"GET", all + "/echo:$LATEST/configuration", "", 200},
		{"GET", "/2017-03-31/tags/" + prefix + "echo", "", 200},
		{"GET", all + "/other", "", 403},
		{"GET", all, "", 403},
		{"POST", all, creation("other", code), 403},
		{"POST", all, creation("echo", code), 403},
		{"PUT", all + "/echo/configuration", "{}", 403},
		{"POST", all + "/echo/invocations", "{}", 403},
		{"POST", all + "/echo:$LATEST/invocations", "{}", 403},
		{"POST", "/2014-11-13/functions/echo/invoke-async/", "{}", 403},
		{"DELETE", all + "/echo", "", 403},
		{"POST", all + "/echo/aliases", "{}", 403},
	} {
		got := s.as(anna, test.method, test.path, test.body)
		if got.status != test.status || test.status == 403 && got.code != "AccessDeniedException" {
			t.Errorf("%s %s: %d %s, expected %d", test.method, test.path, got.status, got.body, test.status)
		}
	}
	if got := s.call("GET", all+"/echo", ""); got.status != http.StatusOK {
		t.Errorf("after all that: %d %s", got.status, got.body)
	}
}

// TestPermissions: what Terraform's aws_lambda_permission and the tags of a function need.
func TestPermissions(t *testing.T) {
	s := newStand(t, t.TempDir())
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	grant := `{"StatementId":"gw","Action":"lambda:InvokeFunction","Principal":"apigateway.amazonaws.com","SourceArn":"arn:aws:execute-api:x"}`
	s.must(http.StatusCreated, "POST", all+"/echo/policy", grant)
	if got := s.call("POST", all+"/echo/policy", grant); got.code != "ResourceConflictException" {
		t.Errorf("the same twice: %d %s", got.status, got.body)
	}
	s.must(http.StatusCreated, "POST", all+"/echo/policy", `{"StatementId":"b","Action":"lambda:*","Principal":"123456789012"}`)
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(s.must(200, "GET", all+"/echo/policy", "").member("Policy").(string)), &policy); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(policy.Statement)
	const want = `[{"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:x"}},"Effect":"Allow",` +
		`"Principal":{"Service":"apigateway.amazonaws.com"},"Resource":"` + prefix + `echo","Sid":"gw"},{"Action":"lambda:*","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"` + prefix + `echo","Sid":"b"}]`
	if string(text) != want {
		t.Errorf("the policy is %s", text)
	}
	s.must(http.StatusNoContent, "DELETE", all+"/echo/policy/gw", "")
	s.must(http.StatusNotFound, "DELETE", all+"/echo/policy/gw", "")
	s.must(http.StatusNoContent, "DELETE", all+"/echo/policy/b", "")
	s.must(http.StatusNotFound, "GET", all+"/echo/policy", "")

	tags := "/2017-03-31/tags/" + prefix + "echo"
	s.must(http.StatusNoContent, "POST", tags, `{"Tags":{"a":"1","b":"2"}}`)
	s.must(http.StatusNoContent, "DELETE", tags+"?tagKeys=a&tagKeys=c", "")
	if got := s.must(http.StatusOK, "GET", tags, ""); string(got.body) != `{"Tags":{"b":"2"}}` {
		t.Errorf("the tags are %s", got.body)
	}
}

// TestPages: a list comes in pages, each of which says where the next begins.
func TestPages(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := python(t, "one")
	for _, name := range []string{"c", "a", "b"} {
		s.must(http.StatusCreated, "POST", all, creation(name, code))
	}
	var names []string
	for marker := ""; ; {
		page := s.must(http.StatusOK, "GET", all+"/?MaxItems=2&Marker="+marker, "")
		for _, f := range page.member("Functions").([]any) {
			names = append(names, f.(map[string]any)["FunctionName"].(string))
		}
		next, more := page.member("NextMarker").(string)
		if !more {
			break
		}
		marker = next
	}
	if got := strings.Join(names, " "); got != "a b c" {
		t.Errorf("listed %s", got)
	}
	if got := s.must(http.StatusOK, "GET", all+"/a/versions", ""); !strings.Contains(string(got.body), prefix+"a:$LATEST") {
		t.Errorf("the versions are %s", got.body)
	}
}

// TestHammer: changes of one function come one after the other, whoever makes them at a time, and what is on disk is what is shown.
func TestHammer(t *testing.T) {
	dir := t.TempDir()
	s := newStand(t, dir)
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	const rounds = 15
	var running sync.WaitGroup
	repeat := func(do func(i int) *answer) {
		running.Go(func() {
			for i := range rounds {
				if got := do(i); got.status >= 300 {
					t.Errorf("%d %s", got.status, got.body)
				}
			}
		})
	}
	repeat(func(i int) *answer {
		return s.call("POST", "/2017-03-31/tags/"+prefix+"echo", fmt.Sprintf(`{"Tags":{"t%d":"x"}}`, i))
	})
	repeat(func(i int) *answer {
		return s.call("POST", all+"/echo/policy", fmt.Sprintf(`{"StatementId":"s%d","Action":"lambda:*","Principal":"*"}`, i))
	})
	repeat(func(i int) *answer {
		return s.call("PUT", all+"/echo/configuration", fmt.Sprintf(`{"Timeout":%d}`, i+1))
	})
	repeat(func(i int) *answer {
		return s.call("PUT", all+"/echo/code", `{"ZipFile":"`+base64.StdEncoding.EncodeToString(python(t, fmt.Sprint(i)))+`"}`)
	})
	repeat(func(i int) *answer {
		s.must(http.StatusCreated, "POST", all, creation(fmt.Sprint("other", i), python(t, "other")))
		return s.call("DELETE", all+fmt.Sprint("/other", i), "")
	})
	repeat(func(int) *answer { return s.call("GET", all, "") })
	running.Wait()
	shown := s.must(http.StatusOK, "GET", all+"/echo", "")
	tags, _ := shown.member("Tags").(map[string]any)
	policy, _ := s.must(http.StatusOK, "GET", all+"/echo/policy", "").member("Policy").(string)
	if len(tags) != rounds || strings.Count(policy, `"Sid"`) != rounds || shown.member("Configuration.Timeout") != float64(rounds) {
		t.Errorf("changes are lost: %s %s", shown.body, policy)
	}
	if again := newStand(t, dir).must(http.StatusOK, "GET", all+"/echo", ""); string(again.body) != string(shown.body) {
		t.Errorf("on disk is %s, and %s was shown", again.body, shown.body)
	}
}
