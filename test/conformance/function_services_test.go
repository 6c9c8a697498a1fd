package conformance_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// furnish makes with boto3 what the integrations need: a table, queues, a state machine, a rule whose events go to a queue,
// and a stream. It prints their names.
const furnish = `
import json, boto3
db, sqs, states, events, kinesis = [boto3.client(name) for name in ("dynamodb", "sqs", "stepfunctions", "events", "kinesis")]
db.create_table(TableName="guests", BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
queue, heard = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("wishes", "heard")]
machine = states.create_state_machine(name="cook", roleArn="arn:aws:iam::123456789012:role/cook",
    definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}))["stateMachineArn"]
events.put_rule(Name="chat", EventPattern=json.dumps({"source": ["chat"]}))
arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
events.put_targets(Rule="chat", Targets=[{"Id": "heard", "Arn": arn}])
kinesis.create_stream(StreamName="clicks", ShardCount=1)
print(json.dumps({"queue": queue, "path": queue.split("/", 3)[3], "heard": heard, "machine": machine}))
`

// inspect looks with boto3 at what has arrived.
const inspect = `
import json, sys, boto3
db, sqs, states, kinesis = [boto3.client(name) for name in ("dynamodb", "sqs", "stepfunctions", "kinesis")]
there = json.loads(sys.argv[1])
def messages(queue):
    return sorted(m["Body"] for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []))
shard = kinesis.list_shards(StreamName="clicks")["Shards"][0]["ShardId"]
at = kinesis.get_shard_iterator(StreamName="clicks", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
runs = states.list_executions(stateMachineArn=there["machine"])["executions"]
print(json.dumps({
    "guests": db.scan(TableName="guests")["Items"],
    "wishes": messages(there["queue"]),
    "heard": [{k: json.loads(m)[k] for k in ("source", "detail-type", "detail")} for m in messages(there["heard"])],
    "runs": {run["executionArn"]: json.loads(states.describe_execution(executionArn=run["executionArn"])["input"]) for run in runs},
    "records": [[r["PartitionKey"], r["Data"].decode()] for r in kinesis.get_records(ShardIterator=at)["Records"]],
}))
`

// moto is a server of the moto project, which stands in for services of AWS.
type moto struct {
	url, python string
	environment []string
	names       string            // what furnish has printed
	name        map[string]string // likewise
}

// newMoto starts one and furnishes it, or skips the test on a machine that has none: pip install 'moto[server]'.
func newMoto(t *testing.T) *moto {
	t.Helper()
	path := tool(t, "moto_server")
	m := &moto{python: pythonWith(t, "boto3"), name: map[string]string{}}
	command := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", "0")
	said, err := command.StderrPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	})
	lines := bufio.NewScanner(said)
	for m.url == "" && lines.Scan() {
		m.url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	if m.url == "" {
		t.Skip("SKIPPED: the moto_server of this machine does not start, so services of AWS are not called")
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	looker := &server{key: aws.Credentials{AccessKeyID: "looker", SecretAccessKey: "looker"}}
	m.environment = append(looker.environment(t.TempDir()), "AWS_ENDPOINT_URL="+m.url)
	m.names = m.run(t, furnish)
	must(t, json.Unmarshal([]byte(m.names), &m.name))
	return m
}

// run runs a program with boto3, and returns what it prints.
func (m *moto) run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program.py")
	must(t, os.WriteFile(file, []byte(program), 0o600))
	command := exec.CommandContext(t.Context(), m.python, append([]string{file}, arguments...)...)
	var complaints strings.Builder
	command.Env, command.Stderr = m.environment, &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, complaints.String())
	}
	return string(out)
}

// servicing is an API whose integrations are services of AWS, as the guide and AWS's samples write them: JSON services by
// action, with nothing but a template; Amazon SQS by its path, once in the query protocol and once in JSON.
const servicing = `{"routes": {
"$connect": {"route": {"requestParameters": {"route.request.querystring.name": {"required": true}}},
	"integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
	"requestTemplates": {"$default": "{\"TableName\": \"$stageVariables.table\", \"Item\": {\"id\": {\"S\": \"$context.connectionId\"}, \"name\": {\"S\": \"$util.escapeJavaScript($input.params('name'))\"}}}"}},
	"responses": [{"integrationResponseKey": "/200/"}]},
"$disconnect": {"integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:dynamodb:action/DeleteItem",
	"requestTemplates": {"$default": "{\"TableName\": \"guests\", \"Key\": {\"id\": {\"S\": \"$context.connectionId\"}}}"}}, "responses": [{"integrationResponseKey": "$default"}]},
"whoami": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem",
	"requestTemplates": {"$default": "{\"TableName\": \"guests\", \"Key\": {\"id\": {\"S\": \"$context.connectionId\"}}}"}},
	"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"you\": $input.json('$.Item.name.S')}"}}]},
"ask": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem",
	"requestTemplates": {"$default": "{\"TableName\": \"nowhere\", \"Key\": {\"id\": {\"S\": \"1\"}}}"}}, "responses": [{"integrationResponseKey": "$default"},
	{"integrationResponseKey": "/4\\d\\d/", "responseTemplates": {"$default": "{\"error\": $input.json('$.__type')}"}}]},
"wish": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:sqs:path/{path}",
	"requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
	"requestTemplates": {"$default": "Action=SendMessage&MessageBody=$util.urlEncode($input.path('$.text'))"}},
	"responses": [{"integrationResponseKey": "/200/", "responseTemplates": {"$default": "{\"queued\": true}"}}]},
"desire": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:sqs:path/",
	"requestParameters": {"integration.request.header.Content-Type": "'application/x-amz-json-1.0'", "integration.request.header.X-Amz-Target": "'AmazonSQS.SendMessage'"},
	"requestTemplates": {"$default": "{\"QueueUrl\": \"{queue}\", \"MessageBody\": $input.json('$.text')}"}},
	"responses": [{"integrationResponseKey": "/200/", "responseTemplates": {"$default": "{\"id\": $input.json('$.MessageId')}"}}]},
"cook": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
	"requestTemplates": {"$default": "{\"stateMachineArn\": \"{machine}\", \"input\": \"$util.escapeJavaScript($input.json('$.dish'))\"}"}},
	"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"run\": \"$input.path('$.executionArn')\"}"}}]},
"tell": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:events:action/PutEvents",
	"requestTemplates": {"$default": "{\"Entries\": [{\"Source\": \"chat\", \"DetailType\": \"$context.routeKey\", \"Detail\": \"$util.escapeJavaScript($input.json('$.news'))\"}]}"}},
	"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"lost\": $input.path('$.FailedEntryCount')}"}}]},
"click": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord",
	"requestTemplates": {"$default": "{\"StreamName\": \"clicks\", \"PartitionKey\": \"$context.connectionId\", \"Data\": \"$util.base64Encode($input.body)\"}"}},
	"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"shard\": $input.json('$.ShardId')}"}}]}},
"stage": {"stageName": "prod", "stageVariables": {"table": "guests"}}}`

// TestFunctionServices has clients reach services of AWS through integrations without any function between, and asks the
// services what has arrived.
// Source: "integrationUri" in the reference of the API Gateway version 2 API; github.com/aws-samples/serverless-samples,
// apigw-ws-integrations (DynamoDB on $connect and $disconnect, Step Functions); Amazon SQS by path: "Amazon SQS API reference".
func TestFunctionServices(t *testing.T) {
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	m := newMoto(t)
	ownEnvironment(t)
	endpoints := []string{}
	for _, service := range []string{"dynamodb", "sqs", "states", "events", "kinesis"} {
		endpoints = append(endpoints, service+"="+m.url)
	}
	t.Setenv("GANGWAY_SERVICE_ENDPOINT", strings.Join(endpoints, ","))
	s := &stand{builder: &builder{startProgram(t, t.TempDir()).server, ""}}
	s.define(t, (&estate{values: m.name}).fill(servicing, func(text string) string { return text }))
	s.define(t, `{"stage": {"stageName": "lost", "stageVariables": {"table": "nowhere"}}}`)
	wantHandshake(t, http.StatusInternalServerError, s.url("lost")+"?name=ann") // no integration response is for 400
	c := s.connectTo(t, s.url("prod")+"?name=ann%20%22o%22")
	runs := map[string]any{}
	for _, exchange := range [][2]string{
		{`{"action":"whoami"}`, `{"you": "ann \"o\""}`},
		{`{"action":"ask"}`, `{"error": "…ResourceNotFoundException"}`},
		{`{"action":"wish","text":"tea & \u00e9clairs = 100%"}`, `{"queued": true}`},
		{`{"action":"desire","text":"say \"please\""}`, `{"id": "…-…"}`},
		{`{"action":"tell","news":{"who":"ann","what":"\"hi\""}}`, `{"lost": 0}`},
		{`{"action":"click","x":1, "y":"é"}`, `{"shard": "shardId-000000000000"}`},
		{`{"action":"cook","dish":{"name":"soup","for":2}}`, `{"run": "arn:aws:states:us-east-1:123456789012:execution:cook:…"}`},
	} {
		c.say(t, exchange[0])
		said := c.wantMatch(t, exchange[1])
		if run, started := strings.CutPrefix(said, `{"run": "`); started {
			runs[strings.TrimSuffix(run, `"}`)] = map[string]any{"name": "soup", "for": 2.0}
		}
	}
	var got map[string]any
	must(t, json.Unmarshal([]byte(m.run(t, inspect, m.names)), &got))
	guests := got["guests"].([]any)
	delete(got, "guests")
	id := guests[0].(map[string]any)["id"].(map[string]any)["S"].(string)
	if diff := cmp.Diff([]any{map[string]any{"id": map[string]any{"S": id}, "name": map[string]any{"S": `ann "o"`}}}, guests); diff != "" {
		t.Errorf("the table has others (- wanted, + got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{
		"wishes": []any{`say "please"`, "tea & éclairs = 100%"}, "runs": runs,
		"heard":   []any{map[string]any{"source": "chat", "detail-type": "tell", "detail": map[string]any{"who": "ann", "what": `"hi"`}}},
		"records": []any{[]any{id, `{"action":"click","x":1, "y":"é"}`}},
	}, got); diff != "" {
		t.Errorf("something else has arrived (- wanted, + got):\n%s", diff)
	}
	c.drop()
	m.wantNobody(t, s)
}

// wantNobody waits until the table is empty.
func (m *moto) wantNobody(t *testing.T, s *stand) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		got, err := s.do(t.Context(), request{
			method: post, url: m.url + "/", service: "dynamodb", body: []byte(`{"TableName":"guests"}`),
			header: http.Header{"X-Amz-Target": {"DynamoDB_20120810.Scan"}, "Content-Type": {"application/x-amz-json-1.0"}},
		})
		must(t, err)
		if got.object()["Count"] == 0.0 {
			return
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("the table has %s", got.body)
		}
	}
}
