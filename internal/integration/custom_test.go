package integration_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
)

func newCustom(tb testing.TB, endpoint string) integration.Backend {
	tb.Helper()
	return newBackend(tb, gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" +
			"arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.name}/invocations",
	}, integration.Env{Lambda: newLambda(tb, endpoint), Variables: map[string]string{"name": "chat:live"}})
}

// TestCustom has invocations of type AWS: "Set up Lambda custom integrations" and "Handle Lambda errors in API Gateway" in the
// API Gateway developer guide.
func TestCustom(t *testing.T) {
	for _, test := range []struct {
		name, sent, want string // the event: as the integration has it, and as the function gets it
		header           gateway.Params
		failed, result   string
		status           int
		failure          string
	}{
		{name: "success", sent: `{"n":1}`, want: `{"n":1}`, result: `{"statusCode":500,"a":[1]}`, status: 200},
		{name: "result of null", sent: `1`, want: `1`, result: `null`, status: 200},
		{name: "nothing to send", want: `{}`, result: `"ok"`, status: 200},
		{
			name: "error", sent: `{}`, want: `{}`, failed: "Unhandled", status: 200,
			result: `{"errorMessage":"no such room\nat line 1","errorType":"Error"}`, failure: "no such room\nat line 1",
		},
		{name: "error without a message", sent: `{}`, want: `{}`, failed: "Unhandled", result: `"x"`, status: 200, failure: "Unhandled"},
		{name: "message without an error", sent: `{}`, want: `{}`, result: `{"errorMessage":"no"}`, status: 200, failure: "no"},
		{name: "no JSON", sent: `{}`, want: `{}`, failed: "Unhandled", result: `{`, status: 200, failure: "Unhandled"},
		{
			name: "event", sent: `{"n":1}`, want: `{"n":1}`, status: 202,
			header: gateway.Params{{Name: "x-amz-invocation-type", Value: "Event"}},
		},
		{
			name: "request and response", sent: `{}`, want: `{}`, result: `1`, status: 200,
			header: gateway.Params{{Name: "X-Amz-Invocation-Type", Value: "RequestResponse"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			invoke := newRecorder(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
					w.WriteHeader(http.StatusAccepted)
					return
				}
				if test.failed != "" {
					w.Header().Set("X-Amz-Function-Error", test.failed)
				}
				_, _ = io.WriteString(w, test.result)
			})
			got, err := newCustom(t, invoke.URL).Call(t.Context(), &integration.Request{
				Event: messageEvent("x"), Body: []byte(test.sent), Header: test.header,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !got.Function || got.Status != test.status || string(got.Body) != test.result || got.Failure != test.failure {
				t.Errorf("got %+v", got)
			}
			sent := invoke.only(t)
			if want := "/2015-03-31/functions/" + strings.ReplaceAll(functionARN, ":", "%3A") + "/invocations"; sent.target != want || sent.body != test.want {
				t.Errorf("called %s with %s", sent.target, sent.body)
			}
		})
	}
}

// TestCustomFaults: what becomes of a function that cannot be invoked is the same as with AWS_PROXY; TestInvokeFaults has all.
func TestCustomFaults(t *testing.T) {
	refused := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "InvalidRequestContentException")
		w.WriteHeader(http.StatusBadRequest)
	})
	for name, kind := range map[string]string{"waiting": "", "not waiting": "Event"} {
		_, err := newCustom(t, refused.URL).Call(t.Context(), &integration.Request{
			Event: messageEvent("x"), Header: gateway.Params{{Name: "X-Amz-Invocation-Type", Value: kind}},
		})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
		if !strings.Contains(err.Error(), "InvalidRequestContentException") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := newCustom(t, refused.URL).Call(t.Context(), &integration.Request{
		Event: messageEvent("x"), Header: gateway.Params{{Name: "X-Amz-Invocation-Type", Value: "DryRun"}},
	})
	wantError(t, err, gateway.ErrConfiguration, "Internal server error")
	if len(refused.requests) != 2 {
		t.Errorf("%d calls", len(refused.requests))
	}
}

// withoutCredentials takes from the test whatever credentials the machine has.
func withoutCredentials(t *testing.T) {
	t.Helper()
	for _, name := range os.Environ() {
		if name, _, _ = strings.Cut(name, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// TestNoCredentials: an operator whose gateway has no credentials of AWS is told what to set, for functions and for all else.
func TestNoCredentials(t *testing.T) {
	withoutCredentials(t)
	client, err := lambda.New(t.Context(), lambda.Config{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	env := integration.Env{Lambda: client, HTTP: newLinkTransport(t, integration.TransportOptions{})}
	for hint, def := range map[string]gateway.IntegrationSettings{
		"--lambda-endpoint":  {IntegrationType: gateway.IntegrationAWSProxy, IntegrationURI: functionURI},
		"by --lambda":        {IntegrationType: gateway.IntegrationAWS, IntegrationURI: functionURI},
		"--service-endpoint": {IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:states:action/StartExecution"},
	} {
		_, err := newBackend(t, def, env).Call(t.Context(), &integration.Request{Event: messageEvent("x")})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
		if !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), "set AWS_ACCESS_KEY_ID") {
			t.Errorf("%s: got %v", def.IntegrationURI, err)
		}
	}
}
