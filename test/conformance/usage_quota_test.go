package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gangway/internal/node"
)

// TestQuota uses up a quota, sets what is left of it, and starts the node anew in between: counts are exact, and none is lost.
// Source: "Usage plans and API keys for REST APIs in API Gateway" (quota, UpdateUsage) in the developer guide; QUOTA_EXCEEDED in
// "Gateway response types". The text is REST APIs', which of WebSocket APIs is a guess.
func TestQuota(t *testing.T) {
	wholeDay(t)
	p := newPlaceless(t)
	cfg := node.Config{DataDir: t.TempDir()}
	var stop func() error
	var err error
	p.server, stop, err = newServer(cfg)
	must(t, err)
	p.define(t, keyed)
	spent, thrifty := p.apiKey(t, keyValue("spent")), p.apiKey(t, keyValue("thrifty"))
	plan := p.plan(t, "prod", `,"quota":{"limit":3,"period":"DAY"}`, spent, thrifty)
	try := func(what, name, wanted string) {
		t.Helper()
		p.wantAttempt(t, what, "prod", bearing(keyValue(name)), wanted)
	}
	set := func(left string) {
		t.Helper()
		p.mustControl(t, patch, "/usageplans/"+plan+"/keys/"+spent+"/usage", oneOp("replace", "/remaining", left))
	}
	restart := func() {
		t.Helper()
		must(t, stop())
		p.server, stop, err = newServer(cfg)
		must(t, err)
	}
	for range 3 {
		try("what the quota grants", "spent", "101")
	}
	for range 2 {
		try("one more", "spent", exhausted)
	}
	p.wantUsage(t, plan, spent, 3, 0)
	try("another key under the plan", "thrifty", "101")
	p.wantUsage(t, plan, thrifty, 1, 2)
	restart()
	p.wantUsage(t, plan, spent, 3, 0)
	try("after the restart", "spent", exhausted)
	set("2")
	p.wantUsage(t, plan, spent, 3, 2)
	try("what was set", "spent", "101")
	restart()
	p.wantUsage(t, plan, spent, 4, 1)
	try("the rest of what was set", "spent", "101")
	try("one more", "spent", exhausted)
	set("1")
	restart()
	try("what was set before the restart", "spent", "101")
	try("one more", "spent", exhausted)
	p.wantUsage(t, plan, spent, 6, 0)
	p.wantUsage(t, plan, thrifty, 1, 2)
	p.mustControl(t, patch, "/usageplans/"+plan, oneOp("replace", "/quota/limit", "4"))
	try("a greater quota", "thrifty", "101")
	p.wantUsage(t, plan, thrifty, 2, 2)
	must(t, stop())
}

// TestQuotaAtOnce has many clients of one key come at once: as many are let in as are left, to the last one.
func TestQuotaAtOnce(t *testing.T) {
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	id := p.apiKey(t, keyValue("a"))
	const granted, clients = 7, 30
	plan := p.plan(t, "prod", `,"quota":{"limit":7,"period":"DAY"}`, id)
	results := make(chan string, clients)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() { results <- p.attempt(t, "prod", bearing(keyValue("a"))) })
	}
	all.Wait()
	close(results)
	count := map[string]int{}
	for result := range results {
		count[result]++
	}
	if count["101"] != granted || count[exhausted] != clients-granted {
		t.Errorf("clients were told %v", count)
	}
	p.wantUsage(t, plan, id, granted, 0)
}

// TestPlanRate has a plan grant two clients at once, and then one in a quarter of an hour: each key for itself. Who is refused
// is not counted. Source: "Throttle requests to your REST APIs for better throughput in API Gateway" (usage plans) in the developer guide,
// and THROTTLED in "Gateway response types".
func TestPlanRate(t *testing.T) {
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	hasty, other := p.apiKey(t, keyValue("hasty")), p.apiKey(t, keyValue("other"))
	plan := p.plan(t, "prod", `,"throttle":{"burstLimit":2,"rateLimit":0.001},"quota":{"limit":10,"period":"MONTH"}`, hasty, other)
	try := func(what, name, wanted string) {
		t.Helper()
		p.wantAttempt(t, what, "prod", bearing(keyValue(name)), wanted)
	}
	try("the first", "hasty", "101")
	try("the second", "hasty", "101")
	try("the third", "hasty", tooMany)
	try("the first of another key", "other", "101")
	c := p.open(t, "prod", bearing(keyValue("other")))
	try("the third of another key", "other", tooMany)
	for range 4 {
		wantReply(t, c, "messages are not counted", "hello")
	}
	p.wantUsage(t, plan, hasty, 2, 8)
	p.wantUsage(t, plan, other, 2, 8)
	p.mustControl(t, patch, "/usageplans/"+plan, oneOp("replace", "/throttle/burstLimit", "1"))
	try("another burst", "hasty", "101")
	try("and one more", "hasty", tooMany)
	for path, value := range map[string]string{"/throttle/burstLimit": "0", "/throttle/rateLimit": "0"} {
		p.mustControl(t, patch, "/usageplans/"+plan, oneOp("replace", path, value))
		try(path+" of zero", "other", tooMany)
		p.mustControl(t, patch, "/usageplans/"+plan, oneOp("replace", path, "1000"))
	}
	p.mustControl(t, patch, "/usageplans/"+plan, `{"patchOperations":[{"op":"remove","path":"/throttle"}]}`)
	for range 5 {
		try("no throttle", "hasty", "101")
	}
	p.wantUsage(t, plan, hasty, 8, 2)
}

// metering is a program of a user of boto3 who sells access. Of WebSocket clients it has as much as the handshake.
const metering = `
import datetime, http.client, sys
import boto3
from botocore.config import Config

host, api = sys.argv[1], sys.argv[2]
gateway = boto3.client("apigateway", config=Config(retries={"total_max_attempts": 1}))

def knock(key=None):
    client = http.client.HTTPConnection(host, timeout=60)
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    if key:
        headers["x-api-key"] = key
    client.request("GET", "/%s/prod" % api, headers=headers)
    status = client.getresponse().status
    client.close()
    return status

key = gateway.create_api_key(name="ann", enabled=True)
assert knock() == 403 and knock(key["value"]) == 403
plan = gateway.create_usage_plan(name="gold", apiStages=[{"apiId": api, "stage": "prod"}], quota={"limit": 3, "period": "DAY"},
    throttle={"rateLimit": 0.001, "burstLimit": 4})
gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
assert [knock(key["value"]) for _ in range(4)] == [101, 101, 101, 429]

today = datetime.datetime.now(datetime.timezone.utc).date()
def usage():
    pages = gateway.get_paginator("get_usage").paginate(usagePlanId=plan["id"], startDate=str(today - datetime.timedelta(days=1)), endDate=str(today))
    return pages.build_full_result()["items"]
assert usage() == {key["id"]: [[0, 3], [3, 0]]}, usage()
changed = gateway.update_usage(usagePlanId=plan["id"], keyId=key["id"], patchOperations=[{"op": "replace", "path": "/remaining", "value": "5"}])
assert changed["items"] == {key["id"]: [[3, 5]]}, changed
assert [knock(key["value"]) for _ in range(2)] == [101, 429]  # the fourth token was the last
assert usage() == {key["id"]: [[0, 3], [4, 4]]}, usage()
gateway.update_api_key(apiKey=key["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
assert knock(key["value"]) == 403
gateway.delete_api_key(apiKey=key["id"])
assert knock(key["value"]) == 403 and usage() == {}, usage()
print("done")
`

// TestBoto3Usage sells access with boto3: keys, a plan, and what was used of it.
func TestBoto3Usage(t *testing.T) {
	python := pythonWith(t, "boto3")
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	file := filepath.Join(t.TempDir(), "metering.py")
	must(t, os.WriteFile(file, []byte(metering), 0o600))
	command := exec.CommandContext(t.Context(), python, file, strings.TrimPrefix(p.data, "ws://"), p.api.id)
	command.Env = append(p.environment(t.TempDir()), "AWS_ENDPOINT_URL_API_GATEWAY="+p.admin)
	if out, err := command.CombinedOutput(); err != nil || string(out) != "done\n" {
		t.Fatalf("boto3: %v: %s", err, out)
	}
}
