package gateway_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gangway/internal/gateway"
)

// patched is an object of version 1.
type patched interface {
	gateway.Object
	Patch(p gateway.Patch) error
}

// Source: "PatchOperation" in the API reference of version 1, and its table of what each operation may change.
func TestPatch(t *testing.T) {
	const plan = `{"name":"p","apiStages":[{"apiId":"a","stage":"s"}],"throttle":{"rateLimit":1},"quota":{"limit":5,"period":"DAY"}}`
	const method = "/apiStages/a:s/throttle/"
	rows := []struct {
		object                patched
		body, op, path, value string
		want                  string // a part of the object afterwards
	}{
		{new(gateway.APIKey), `{"enabled":true}`, "replace", "/enabled", "false", `"enabled":false`},
		{new(gateway.APIKey), `{}`, "replace", "/enabled", "True", `"enabled":true`},
		{new(gateway.APIKey), `{}`, "replace", "/name", "n", `"name":"n"`},
		{new(gateway.APIKey), `{}`, "replace", "/description", "d", `"description":"d"`},
		{new(gateway.APIKey), `{}`, "replace", "/customerId", "c", `"customerId":"c"`},
		{new(gateway.UsagePlan), plan, "replace", "/name", "q", `"name":"q"`},
		{new(gateway.UsagePlan), plan, "replace", "/description", "d", `"description":"d"`},
		{new(gateway.UsagePlan), plan, "add", "/productCode", "c", `"productCode":"c"`},
		{new(gateway.UsagePlan), plan, "replace", "/throttle/rateLimit", "2.5", `"throttle":{"rateLimit":2.5}`},
		{new(gateway.UsagePlan), plan, "replace", "/throttle/burstLimit", "7", `"throttle":{"burstLimit":7,"rateLimit":1}`},
		{new(gateway.UsagePlan), `{"name":"p"}`, "add", "/throttle/burstLimit", "7", `"throttle":{"burstLimit":7}`},
		{new(gateway.UsagePlan), plan, "remove", "/throttle", "", `"quota":{"limit":5,"offset":0,"period":"DAY"},"tags"`},
		{new(gateway.UsagePlan), plan, "replace", "/quota/limit", "9", `"quota":{"limit":9,"offset":0,"period":"DAY"}`},
		{new(gateway.UsagePlan), plan, "replace", "/quota/period", "WEEK", `"quota":{"limit":5,"offset":0,"period":"WEEK"}`},
		{new(gateway.UsagePlan), plan, "replace", "/quota/offset", "0", `"quota":{"limit":5,"offset":0,"period":"DAY"}`},
		{new(gateway.UsagePlan), plan, "remove", "/quota", "", `"name":"p","throttle"`},
		{new(gateway.UsagePlan), plan, "add", "/apiStages", "b:t", `"apiStages":[{"apiId":"a","stage":"s"},{"apiId":"b","stage":"t"}]`},
		{new(gateway.UsagePlan), plan, "add", "/apiStages", "a:s", `"apiStages":[{"apiId":"a","stage":"s"}]`},
		{new(gateway.UsagePlan), plan, "remove", "/apiStages", "a:s", `"apiStages":[]`},
		{new(gateway.UsagePlan), plan, "replace", method + "~1pets/GET/rateLimit", "3", `"throttle":{"/pets/GET":{"rateLimit":3}}`},
		{new(gateway.UsagePlan), plan, "replace", method + "~1pets~1GET/burstLimit", "3", `"throttle":{"/pets/GET":{"burstLimit":3}}`},
		{new(gateway.UsagePlan), plan, "replace", method + "/pets/GET/burstLimit", "3", `"throttle":{"/pets/GET":{"burstLimit":3}}`},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s","throttle":{"/x/GET":{"rateLimit":1}}}]}`, "remove", method + "~1x/GET", "", `"apiStages":[{"apiId":"a","stage":"s"}]`},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s","throttle":{"/x/GET":{"rateLimit":1}}}]}`, "remove", "/apiStages/a:s/throttle", "", `"apiStages":[{"apiId":"a","stage":"s"}]`},
		{new(gateway.Account), `{}`, "replace", "/cloudwatchRoleArn", "arn:aws:iam::123456789012:role/r", `"cloudwatchRoleArn":"arn:aws:iam::123456789012:role/r","apiKeyVersion":"4","features":["UsagePlans"],"throttleSettings":{"burstLimit":5000,"rateLimit":10000}`},
		{new(gateway.Account), `{"cloudwatchRoleArn":"arn:aws:iam::123456789012:role/r"}`, "replace", "/cloudwatchRoleArn", "", `{"apiKeyVersion"`},
		{new(gateway.ClientCertificate), `{}`, "replace", "/description", "d", `"description":"d"`},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["arn:aws:elb:r:1:x"]}`, "replace", "/name", "w", `"name":"w"`},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["arn:aws:elb:r:1:x"]}`, "replace", "/description", "d", `"description":"d"`},
	}
	for _, row := range rows {
		build(t, row.object, row.body)
		err := row.object.Patch(gateway.Patch{Op: row.op, Path: row.path, Value: row.value})
		if err == nil {
			err = row.object.Validate()
		}
		text, _ := json.Marshal(row.object)
		if err != nil || !strings.Contains(string(text), row.want) {
			t.Errorf("%T %s %s %s: %v, %s lacks %s", row.object, row.op, row.path, row.value, err, text, row.want)
		}
	}
}

// A patch that cannot be applied says what could, and changes nothing.
func TestPatchRefused(t *testing.T) {
	const plan = `{"name":"p","apiStages":[{"apiId":"a","stage":"s"}]}`
	rows := []struct {
		object                patched
		body, op, path, value string
		kind                  error
		message               string
	}{
		{new(gateway.APIKey), `{}`, "replace", "/id", "x", gateway.ErrInvalid, "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]"},
		{new(gateway.APIKey), `{}`, "add", "/name", "x", gateway.ErrInvalid, "Invalid patch path  '/name' specified for op 'add'"},
		{new(gateway.APIKey), `{}`, "replace", "", "x", gateway.ErrInvalid, "Invalid patch path  ''"},
		{new(gateway.APIKey), `{}`, "replace", "/enabled", "yes", gateway.ErrInvalid, "Invalid value 'yes' for patch path '/enabled': expected 'true' or 'false'"},
		{new(gateway.APIKey), `{}`, "copy", "/name", "", gateway.ErrInvalid, "Invalid patch operation 'copy' specified for path '/name'. Must be one of: [add, remove, replace]"},
		{new(gateway.UsagePlan), plan, "test", "/apiStages/a:s/throttle", "", gateway.ErrInvalid, "Invalid patch operation 'test'"},
		{new(gateway.UsagePlan), plan, "replace", "/throttle/rateLimit", "fast", gateway.ErrInvalid, "expected a number such as '10.5'"},
		{new(gateway.UsagePlan), plan, "replace", "/throttle/rateLimit", "NaN", gateway.ErrInvalid, "expected a number"},
		{new(gateway.UsagePlan), plan, "replace", "/throttle/burstLimit", "1.5", gateway.ErrInvalid, "expected an integer such as '100'"},
		{new(gateway.UsagePlan), plan, "replace", "/quota/limit", "99999999999", gateway.ErrInvalid, "expected an integer"},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages", "a:s", gateway.ErrInvalid, "Invalid patch path  '/apiStages' specified for op 'replace'. Must be one of: [/name, /description,"},
		{new(gateway.UsagePlan), plan, "add", "/apiStages", "", gateway.ErrInvalid, "Invalid API Stage specified"},
		{new(gateway.UsagePlan), plan, "add", "/apiStages", "a", gateway.ErrInvalid, "Invalid API Stage specified"},
		{new(gateway.UsagePlan), plan, "remove", "/apiStages", "a:t", gateway.ErrNotFound, "Invalid API Stage {api: a, stage: t} specified for usageplan x1"},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages/a:t/throttle/~1x/GET/rateLimit", "1", gateway.ErrNotFound, "Invalid API Stage {api: a, stage: t} specified for usageplan x1"},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages/a:s/throttle/~1x/GET/speed", "1", gateway.ErrInvalid, "Must be one of: [/apiStages/{apiId}:{stage}/throttle/{path}/{METHOD}/rateLimit, "},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages/a:s/throttle/rateLimit", "1", gateway.ErrInvalid, "Invalid patch path"},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages/a:s", "1", gateway.ErrInvalid, "Invalid patch path"},
		{new(gateway.UsagePlan), plan, "replace", "/apiStages/", "1", gateway.ErrInvalid, "Invalid patch path"},
		{new(gateway.UsagePlan), plan, "remove", "/apiStages/a:s/throttle/~1x/GET", "", gateway.ErrInvalid, "Invalid patch path"},
		{new(gateway.Account), `{}`, "replace", "/throttleSettings", "", gateway.ErrInvalid, "Must be one of: [/cloudwatchRoleArn]"},
		{new(gateway.ClientCertificate), `{}`, "remove", "/description", "", gateway.ErrInvalid, "Must be one of: [/description]"},
		{new(gateway.VPCLinkV1), `{}`, "replace", "/targetArns", "", gateway.ErrInvalid, "Must be one of: [/name, /description]"},
	}
	for _, row := range rows {
		build(t, row.object, row.body)
		before, _ := json.Marshal(row.object)
		err := row.object.Patch(gateway.Patch{Op: row.op, Path: row.path, Value: row.value})
		if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%T %s %s %s: %v", row.object, row.op, row.path, row.value, err)
		}
		if after, _ := json.Marshal(row.object); string(after) != string(before) {
			t.Errorf("%T %s %s %s: %s became %s", row.object, row.op, row.path, row.value, before, after)
		}
	}
}

func TestPatchRemaining(t *testing.T) {
	var left gateway.Remaining
	if err := left.Patch(gateway.Patch{Op: "replace", Path: "/remaining", Value: "50"}); err != nil || left != 50 {
		t.Errorf("%d, %v", left, err)
	}
	for _, bad := range []gateway.Patch{{Op: "replace", Path: "/remaining", Value: "-1"}, {Op: "replace", Path: "/used", Value: "1"}, {}} {
		if err := left.Patch(bad); !errors.Is(err, gateway.ErrInvalid) || left != 50 {
			t.Errorf("%+v: %d, %v", bad, left, err)
		}
	}
}

// A patch, whatever it is, is applied or refused with an error that a client may see; refused, it changes nothing; and
// the same patch does the same to the same object.
func FuzzPatch(f *testing.F) {
	f.Add("replace", "/name", "n")
	f.Add("add", "/apiStages", "a:s")
	f.Add("remove", "/apiStages", "a:s")
	f.Add("replace", "/apiStages/a:s/throttle/~1x/GET/rateLimit", "1.5")
	f.Add("replace", "/quota/limit", "5")
	f.Add("remove", "/apiStages/a:s/throttle", "")
	f.Fuzz(func(t *testing.T, op, path, value string) {
		p := gateway.Patch{Op: op, Path: path, Value: value}
		for _, fresh := range []func() patched{
			func() patched { return new(gateway.APIKey) },
			func() patched { return new(gateway.Account) },
			func() patched { return new(gateway.ClientCertificate) },
			func() patched { return new(gateway.VPCLinkV1) },
			func() patched {
				return &gateway.UsagePlan{ID: "p", UsagePlanSettings: gateway.UsagePlanSettings{APIStages: []gateway.APIStage{{APIID: "a", Stage: "s"}}}}
			},
		} {
			untouched, err := json.Marshal(fresh())
			if err != nil {
				t.Fatal(err)
			}
			one, two := fresh(), fresh()
			err = one.Patch(p)
			if again := two.Patch(p); (err == nil) != (again == nil) {
				t.Fatalf("%T %+v: %v, then %v", one, p, err, again)
			}
			_ = one.Validate() // may refuse what the patch made, and does not panic
			textOne, _ := json.Marshal(one)
			textTwo, _ := json.Marshal(two)
			if string(textOne) != string(textTwo) {
				t.Fatalf("%T %+v: %s, then %s", one, p, textOne, textTwo)
			}
			_, seen := errors.AsType[*gateway.Error](err)
			if err != nil && (!seen || string(textOne) != string(untouched)) {
				t.Fatalf("%T %+v: %v left %s of %s", one, p, err, textOne, untouched)
			}
		}
	})
}
