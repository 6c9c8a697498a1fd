package conformance_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	lambdasdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"gangway/internal/functions"
)

// localFunctions hosts functions of aws-lambda-go on this machine: each is this test binary, started by a script that stands
// for the executable that such a function is. It also returns the AWS SDK's client of them.
func localFunctions(t *testing.T, log func(functions.Line), names ...string) (*httptest.Server, *lambdasdk.Client) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	var set []functions.Function
	for _, name := range names {
		dir := t.TempDir()
		script := "#!/bin/sh\nexec '" + self + "' -test.run='^TestFunctions$'\n"
		must(t, os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(script), 0o700))
		set = append(set, functions.Function{
			Name: name, Handler: name, Runtime: "provided.al2023", Dir: dir, Timeout: patience, Environment: map[string]string{"WHO": name},
		})
	}
	host := functions.New(functions.Config{Region: region, Account: account, Log: log})
	must(t, host.Set(set))
	api := httptest.NewServer(host)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := host.Close(ctx); err != nil {
			t.Error(err)
		}
		api.Close()
	})
	return api, lambdasdk.New(lambdasdk.Options{
		Region: region, BaseEndpoint: &api.URL, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

// TestLocalFunction puts functions that run on this machine behind the program.
func TestLocalFunction(t *testing.T) {
	api, _ := localFunctions(t, nil, "mirror", "results")
	ownEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "any")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	t.Setenv("GANGWAY_LAMBDA_ENDPOINT", api.URL)
	s := &stand{builder: &builder{startProgram(t, t.TempDir()).server, "http://127.0.0.1:9"}}
	s.define(t, `{"routes": {"$default": {"lambda": "mirror", "reply": true}, "bad": {"lambda": "results", "reply": true}}}`)
	c := s.connect(t, "")
	for _, sent := range []string{"first", "second"} {
		must(t, sendMessage(t.Context(), c.ws, false, 0, sent))
		got, err := c.next()
		if err != nil || !strings.Contains(got, `"body":"`+sent+`"`) || !strings.Contains(got, `:function:mirror"`) {
			t.Errorf("the client got %s, %v", got, err)
		}
	}
	must(t, sendMessage(t.Context(), c.ws, false, 0, `{"action":"bad","as":"exit"}`))
	if got, err := c.next(); err != nil || !strings.Contains(got, "Internal server error") {
		t.Errorf("of a function that ends, the client got %s, %v", got, err)
	}
}

// TestLocalFunctionSDK holds the host of functions against the AWS SDK, as TestFunctions does with the API of these tests.
func TestLocalFunctionSDK(t *testing.T) {
	said := make(chan functions.Line, 4096)
	_, client := localFunctions(t, func(line functions.Line) { said <- line }, "self", "results")
	out, err := client.Invoke(t.Context(), &lambdasdk.InvokeInput{
		FunctionName: aws.String("arn:aws:lambda:" + region + ":" + account + ":function:self:live"), LogType: types.LogTypeTail,
		Payload: []byte("{}"),
	})
	must(t, err)
	log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil || out.StatusCode != http.StatusOK || out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != latest ||
		!strings.Contains(string(out.Payload), "self $LATEST") || !strings.Contains(string(log), "REPORT RequestId: ") {
		t.Errorf("%d %v %s %s %v", out.StatusCode, out.FunctionError, out.Payload, log, err)
	}
	out, err = client.Invoke(t.Context(), &lambdasdk.InvokeInput{
		FunctionName: aws.String("results"), Payload: []byte(`{"body":"{\"as\":\"panic\"}"}`),
	})
	must(t, err)
	if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), `"errorType"`) || !strings.Contains(string(out.Payload), "function_handlers_test.go") {
		t.Errorf("a panic: %v %s", aws.ToString(out.FunctionError), out.Payload)
	}
	out, err = client.Invoke(t.Context(), &lambdasdk.InvokeInput{FunctionName: aws.String("self"), InvocationType: types.InvocationTypeEvent})
	must(t, err)
	id, late := "", time.NewTimer(patience)
	defer late.Stop()
	for begun := 0; begun < 3; {
		select {
		case line := <-said:
			if strings.HasPrefix(line.Text, "START ") {
				id, begun = line.RequestID, begun+1
			}
		case <-late.C:
			t.Fatal("the event was not handled")
		}
	}
	if out.StatusCode != http.StatusAccepted || len(out.Payload) != 0 || id == "" {
		t.Errorf("an event: %d %s", out.StatusCode, out.Payload)
	}
}

// TestLocalFunctionSDKErrors: what the SDK makes of refusals, and of the little there is besides Invoke.
func TestLocalFunctionSDKErrors(t *testing.T) {
	_, client := localFunctions(t, nil, "self")
	invoke := func(name, event string) error {
		_, err := client.Invoke(t.Context(), &lambdasdk.InvokeInput{FunctionName: &name, Payload: []byte(event)})
		return err
	}
	err := invoke("nobody", "{}")
	if missing, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok || !strings.Contains(missing.ErrorMessage(), ":function:nobody") {
		t.Errorf("no such function: %v", err)
	}
	if err := invoke("self", "{"); !is[*types.InvalidRequestContentException](err) {
		t.Errorf("not JSON: %v", err)
	}
	if err := invoke("self", `"`+strings.Repeat("x", 6<<20)+`"`); !is[*types.RequestTooLargeException](err) {
		t.Errorf("too large: %v", err)
	}
	list, err := client.ListFunctions(t.Context(), &lambdasdk.ListFunctionsInput{})
	must(t, err)
	got, err := client.GetFunction(t.Context(), &lambdasdk.GetFunctionInput{FunctionName: aws.String("self")})
	must(t, err)
	if len(list.Functions) != 1 || aws.ToString(list.Functions[0].FunctionArn) != aws.ToString(got.Configuration.FunctionArn) ||
		aws.ToString(got.Configuration.FunctionArn) != "arn:aws:lambda:"+region+":"+account+":function:self" {
		t.Errorf("%+v %+v", list.Functions, got.Configuration)
	}
}

// is says that an error is of a kind.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
