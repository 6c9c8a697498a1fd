package journal_test

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/journal"
)

// newMoto starts a server of the moto project, which stands in for services of AWS, and returns its URL. On a machine that has none
// the test is skipped: pip install 'moto[server]'.
func newMoto(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("no moto_server on this machine: CloudWatch Logs is not called for real")
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
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text()); address != "" {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return address
		}
	}
	t.Skip("the moto_server of this machine does not start: CloudWatch Logs is not called for real")
	return ""
}

// ask calls an action of moto, whose signature it does not check.
func ask(t *testing.T, url, service, target, body string) []byte {
	t.Helper()
	method, region := http.MethodPost, "eu-west-1"
	if service == "s3" {
		method, region = http.MethodPut, "us-east-1" // where a bucket needs no configuration
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=gangway/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", target, response.StatusCode, err, answer)
	}
	return answer
}

// TestMoto logs to what others have made of CloudWatch Logs and Firehose, and reads it back.
func TestMoto(t *testing.T) {
	url := newMoto(t)
	ask(t, url+"/chat-logs", "s3", "", "")
	ask(t, url, "firehose", "Firehose_20150804.CreateDeliveryStream",
		`{"DeliveryStreamName":"amazon-apigateway-chat","S3DestinationConfiguration":{"RoleARN":"arn:aws:iam::123456789012:role/r","BucketARN":"arn:aws:s3:::chat-logs"}}`)
	j := openJournal(t, journal.Config{Cloud: &journal.Cloud{Region: "eu-west-1", Stream: "n1", LogsEndpoint: url, FirehoseEndpoint: url}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	logs := newStage(t, j, stageWith(groupARN))
	for n := range 100 {
		logs.Observe(numbered(n))
	}
	newStage(t, j, accessTo(streamARN)).Observe(numbered(1))
	closeJournal(t, j)
	for group, want := range map[string]int{"/chat/access": 100, "/aws/apigateway/abcdef1234/prod": 800} {
		var got struct{ Events []struct{ Message string } }
		answer := ask(t, url, "logs", "Logs_20140328.GetLogEvents", `{"logGroupName":"`+group+`","logStreamName":"n1","startFromHead":true,"limit":10000}`)
		if err := json.Unmarshal(answer, &got); err != nil || len(got.Events) != want {
			t.Errorf("%s: %d events, %v", group, len(got.Events), err)
		}
	}
	if j.Dropped() != 0 {
		t.Errorf("%d lines are lost", j.Dropped())
	}
}
