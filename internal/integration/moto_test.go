package integration_test

import (
	"bufio"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// moto is a server of the moto project, which stands in for services of AWS.
type moto struct {
	*testing.T
	env    integration.Env
	method string // of the next integrations
}

// newMoto starts one, or skips the test on a machine that has none: pip install 'moto[server]'.
func newMoto(t *testing.T) *moto {
	t.Helper()
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("no moto_server on this machine: services of AWS are not called for real")
	}
	command := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", "0")
	said, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	})
	address := ""
	lines := bufio.NewScanner(said)
	for address == "" && lines.Scan() {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	if address == "" {
		t.Skip("the moto_server of this machine does not start: services of AWS are not called for real")
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	withoutCredentials(t)
	return &moto{T: t, method: http.MethodPost, env: integration.Env{
		Lambda: newLambda(t, ""), HTTP: newLinkTransport(t, integration.TransportOptions{}),
		Endpoint: func(string) string { return address },
	}}
}

// call runs an integration of type AWS, and returns what the service says.
func (m *moto) call(uri, body string, header ...gateway.Param) string {
	m.Helper()
	got, err := newBackend(m.T, gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: gateway.Kept("arn:aws:apigateway:us-east-1:" + uri),
		IntegrationMethod: gateway.Kept(m.method),
	}, m.env).Call(m.Context(), &integration.Request{Event: messageEvent(body), Body: []byte(body), Rendered: true, Header: header})
	if err != nil {
		m.Fatalf("%s: %v", uri, err)
	}
	if got.Status != http.StatusOK {
		m.Fatalf("%s: status %d: %.300s", uri, got.Status, got.Body)
	}
	return string(got.Body)
}

// find is the first group of a pattern in what a service has said.
func (m *moto) find(pattern, text string) string {
	m.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		m.Fatalf("no %s in %s", pattern, text)
	}
	return match[1]
}

// TestMoto calls services of both protocols as the integrations of a WebSocket API would, and finds what they were told.
func TestMoto(t *testing.T) {
	m := newMoto(t)
	form := gateway.Param{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}

	m.call("dynamodb:action/CreateTable", `{"TableName":"t","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],`+
		`"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}`)
	m.call("dynamodb:action/PutItem", `{"TableName":"t","Item":{"id":{"S":"c=1"},"room":{"S":"a"}}}`)
	m.find(`(\{"S": ?"a"\})`, m.call("dynamodb:action/GetItem", `{"TableName":"t","Key":{"id":{"S":"c=1"}}}`))

	m.call("sqs:action/CreateQueue&QueueName=q", "", form)
	m.call("sqs:path/123456789012/q", "Action=SendMessage&MessageBody="+url.QueryEscape("a & b"), form)
	received := m.call("sqs:path/123456789012/q?Action=ReceiveMessage", "", form)
	m.find(`<Body>(a &amp; b)</Body>`, received)

	topic := m.find(`<TopicArn>(.*)</TopicArn>`, m.call("sns:action/CreateTopic&Name=n", "", form))
	m.find(`<MessageId>(.+)</MessageId>`, m.call("sns:path//",
		url.Values{"Action": {"Publish"}, "TopicArn": {topic}, "Message": {"hi"}}.Encode(), form))

	role := `"roleArn":"arn:aws:iam::123456789012:role/r"`
	machine := m.find(`"stateMachineArn": ?"([^"]+)"`, m.call("states:action/CreateStateMachine",
		`{"name":"m",`+role+`,"definition":"{\"StartAt\":\"a\",\"States\":{\"a\":{\"Type\":\"Pass\",\"End\":true}}}"}`))
	execution := m.find(`"executionArn": ?"([^"]+)"`, m.call("states:action/StartExecution", `{"stateMachineArn":"`+machine+`","input":"{\"n\":1}"}`))
	m.find(`("input")`, m.call("states:action/DescribeExecution", `{"executionArn":"`+execution+`"}`))

	m.find(`("FailedEntryCount": ?0)`, m.call("events:action/PutEvents",
		`{"Entries":[{"Source":"chat","DetailType":"joined","Detail":"{}"}]}`))

	m.call("kinesis:action/CreateStream", `{"StreamName":"s","ShardCount":1}`)
	m.find(`"SequenceNumber": ?"(.+?)"`, m.call("kinesis:action/PutRecord",
		`{"StreamName":"s","PartitionKey":"1","Data":"`+base64.StdEncoding.EncodeToString([]byte("hi"))+`"}`))

	m.method = http.MethodPut
	m.call("s3:path/bucket", "")
	m.call("s3:path/bucket/a%20b", "hello")
	m.method = http.MethodGet
	if got := m.call("s3:path/bucket/a%20b", ""); got != "hello" {
		t.Errorf("S3 has %q", got)
	}
}
