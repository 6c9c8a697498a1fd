package integration_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/sigv4"
)

// checking is a service that answers only if a request is signed, for the service and by the key that it is told.
func checking(t *testing.T, region, service string) *recorder {
	t.Helper()
	verifier := &sigv4.Verifier{Region: region, Service: service, Keys: func(id string) (sigv4.Key, bool) {
		return sigv4.Key{ID: id, Secret: "secret", SessionToken: "token"}, id == "AKIAEXAMPLE"
	}}
	r := newRecorder(t, nil)
	r.answer = func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		body := r.requests[len(r.requests)-1].body
		r.mu.Unlock()
		req.Body = io.NopCloser(bytes.NewReader([]byte(body)))
		if _, err := verifier.Verify(req, []byte(body)); err != nil {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, err.Error())
			return
		}
		_, _ = io.WriteString(w, "signed")
	}
	return r
}

func withCredentials(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
}

// TestService has the requests that services of AWS see: "integrationUri" in the reference of the API Gateway version 2 API,
// the protocols as the service models of the AWS SDKs have them, and aws-samples/serverless-samples, apigw-ws-integrations,
// whose integrations map no header. The signature is checked by a verifier that shares no code with the signer.
func TestService(t *testing.T) {
	withCredentials(t)
	for _, test := range []struct {
		uri, method  string // of the URI: what follows the region
		request      integration.Request
		signed       string // the service in the signature
		want         seen   // header: what is looked at
		parameters   gateway.Map
		stageChanges map[string]string
	}{
		{
			uri: "dynamodb:action/PutItem", request: integration.Request{Body: []byte(`{"TableName":"t"}`)}, signed: "dynamodb",
			want: seen{target: "/", body: `{"TableName":"t"}`, header: http.Header{
				"X-Amz-Target": {"DynamoDB_20120810.PutItem"}, "Content-Type": {"application/x-amz-json-1.0"},
				"User-Agent": {"AmazonAPIGateway_abcdef1234"}, "X-Amzn-Apigateway-Api-Id": {"abcdef1234"},
				"Accept": {"application/json"}, "X-Amz-Security-Token": {"token"},
			}},
		},
		{
			uri: "streams.dynamodb:action/ListStreams", signed: "dynamodb",
			want: seen{target: "/", header: http.Header{"X-Amz-Target": {"DynamoDBStreams_20120810.ListStreams"}}},
		},
		{
			uri: "states:action/${stageVariables.what}", signed: "states", stageChanges: map[string]string{"what": "StartSyncExecution"},
			want: seen{target: "/", header: http.Header{
				"X-Amz-Target": {"AWSStepFunctions.StartSyncExecution"}, "Content-Type": {"application/x-amz-json-1.0"},
			}},
		},
		{
			uri: "events:action/PutEvents", signed: "events",
			want: seen{target: "/", header: http.Header{
				"X-Amz-Target": {"AWSEvents.PutEvents"}, "Content-Type": {"application/x-amz-json-1.1"},
			}},
		},
		{
			uri: "kinesis:action/PutRecord", signed: "kinesis",
			request: integration.Request{Header: gateway.Params{
				{Name: "content-type", Value: "application/x-amz-json-1.0"},
				{Name: "authorization", Value: "mine"},
				{Name: "x-amz-date", Value: "20200101T000000Z"},
				{Name: "X-Amz-Meta", Value: "a  b"},
			}},
			want: seen{target: "/", header: http.Header{
				"X-Amz-Target": {"Kinesis_20131202.PutRecord"}, "Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Meta": {"a  b"},
			}},
		},
		{
			uri: "sqs:path/123456789012/room.fifo", signed: "sqs",
			request: integration.Request{
				Body:   []byte("Action=SendMessage&MessageBody=a"),
				Header: gateway.Params{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
			},
			want: seen{target: "/123456789012/room.fifo", body: "Action=SendMessage&MessageBody=a", header: http.Header{
				"Content-Type": {"application/x-www-form-urlencoded"}, "X-Amz-Target": nil,
			}},
		},
		{
			uri: "sns:action/Publish&TopicArn=arn%3Aaws", method: "GET", signed: "sns",
			request: integration.Request{Query: gateway.Params{{Name: "Message", Value: "a b+c&d/\u00e9"}}},
			want:    seen{method: "GET", target: "/?Action=Publish&Message=a%20b%2Bc%26d%2F%C3%A9&TopicArn=arn%3Aaws"},
		},
		{
			uri: "s3:path/bucket/{key}", method: "PUT", signed: "s3", parameters: gateway.Map{"integration.request.path.key": "'x'"},
			request: integration.Request{Path: gateway.Params{{Name: "key", Value: "plain"}}, Body: []byte("x")},
			want: seen{method: "PUT", target: "/bucket/plain", body: "x", header: http.Header{
				"X-Amz-Content-Sha256": {"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},
			}},
		},
		{
			uri: "runtime.sagemaker:path//endpoints/{model}/invocations", signed: "sagemaker",
			parameters: gateway.Map{"integration.request.path.model": "'x'"},
			request:    integration.Request{Path: gateway.Params{{Name: "model", Value: "a b/../c"}}},
			want:       seen{target: "/endpoints/a%20b%2F..%2Fc/invocations", header: http.Header{"Content-Type": {"application/json"}}},
		},
		{
			uri: "email:path/v2/email/outbound-emails?x=1", signed: "ses", method: "ANY",
			want: seen{target: "/v2/email/outbound-emails?x=1"},
		},
		{
			uri: "events:path//", signed: "events",
			request: integration.Request{Header: gateway.Params{{Name: "X-Amz-Target", Value: "AWSEvents.PutEvents"}}},
			want:    seen{target: "/", header: http.Header{"X-Amz-Target": {"AWSEvents.PutEvents"}}},
		},
	} {
		t.Run(test.uri, func(t *testing.T) {
			backend := checking(t, "eu-west-1", test.signed)
			service, _, _ := strings.Cut(test.uri, ":")
			called := newBackend(t, gateway.IntegrationSettings{
				IntegrationType: gateway.IntegrationAWS, IntegrationURI: gateway.Kept("arn:aws:apigateway:eu-west-1:" + test.uri),
				IntegrationMethod: gateway.Kept(test.method), RequestParameters: test.parameters,
			}, integration.Env{
				Lambda: newLambda(t, ""), HTTP: newLinkTransport(t, integration.TransportOptions{}), Variables: test.stageChanges,
				Endpoint: func(name string) string {
					if name != service[strings.LastIndexByte(service, '.')+1:] {
						t.Errorf("asked for %s", name)
					}
					return backend.URL + "/"
				},
			})
			test.request.Event = messageEvent("x")
			got, err := called.Call(t.Context(), &test.request)
			if err != nil || got.Status != http.StatusOK || string(got.Body) != "signed" {
				t.Fatalf("got %v, %s, %v", got, got.Body, err)
			}
			request := backend.only(t)
			if test.want.method == "" {
				test.want.method = "POST"
			}
			if request.method != test.want.method || request.target != test.want.target || request.body != test.want.body {
				t.Errorf("got %s %s %s", request.method, request.target, request.body)
			}
			for name, values := range test.want.header {
				if strings.Join(request.header[name], "|") != strings.Join(values, "|") {
					t.Errorf("%s: got %q, want %q", name, request.header[name], values)
				}
			}
			if all := request.header["Authorization"]; len(all) != 1 || !strings.Contains(all[0], "/eu-west-1/"+test.signed+"/aws4_request") {
				t.Errorf("Authorization: %q", all)
			}
		})
	}
}

// captured is a transport that keeps the last request and answers it.
type captured struct{ last *http.Request }

func (c *captured) RoundTrip(r *http.Request) (*http.Response, error) {
	c.last = r
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// TestServiceAddress has where services are: "AWS service endpoints" in the AWS General Reference.
func TestServiceAddress(t *testing.T) {
	withCredentials(t)
	for uri, want := range map[string]string{
		"arn:aws:apigateway:eu-west-1:states:action/StartExecution":         "https://states.eu-west-1.amazonaws.com/ eu-west-1/states",
		"arn:aws:apigateway:us-east-1:runtime.sagemaker:path/endpoints/x":   "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/x us-east-1/sagemaker",
		"arn:aws-cn:apigateway:cn-north-1:sqs:path/1/q":                     "https://sqs.cn-north-1.amazonaws.com.cn/1/q cn-north-1/sqs",
		"arn:aws-us-gov:apigateway:us-gov-west-1:events:action/PutEvents":   "https://events.us-gov-west-1.amazonaws.com/ us-gov-west-1/events",
		"arn:aws:apigateway:eu-west-1:iam:action/ListUsers":                 "https://iam.amazonaws.com/?Action=ListUsers us-east-1/iam",
		"arn:aws:apigateway:eu-west-1:a1b2c3-ats.iotdata:path/topics/x":     "https://a1b2c3-ats.iot.eu-west-1.amazonaws.com/topics/x eu-west-1/iotdata",
		"arn:aws:apigateway:eu-west-1:s3:path/b/a%20b":                      "https://s3.eu-west-1.amazonaws.com/b/a%20b eu-west-1/s3",
		"arn:aws:apigateway:eu-west-1:lambda:path/2014-11-13/functions/f/x": "https://lambda.eu-west-1.amazonaws.com/2014-11-13/functions/f/x eu-west-1/lambda",
	} {
		transport := &captured{}
		called := newBackend(t, gateway.IntegrationSettings{IntegrationType: gateway.IntegrationAWS, IntegrationURI: gateway.Kept(uri)},
			integration.Env{Lambda: newLambda(t, ""), HTTP: transport, Endpoint: func(string) string { return "" }})
		if _, err := called.Call(t.Context(), &integration.Request{Event: messageEvent("x")}); err != nil {
			t.Fatal(err)
		}
		address, scope, _ := strings.Cut(want, " ")
		auth := transport.last.Header.Get("Authorization")
		if got := transport.last.URL.String(); got != address || !strings.Contains(auth, "/"+scope+"/aws4_request") {
			t.Errorf("%s: called %s with %s", uri, got, auth)
		}
	}
}

// TestElsewhere: a key of AWS that the gateway finds for itself is for AWS alone. What stands in for a service is shown the
// keys of the environment variables, or a signature that is nobody's.
func TestElsewhere(t *testing.T) {
	withoutCredentials(t)
	backend := newRecorder(t, nil)
	def := gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem",
	}
	env := integration.Env{
		Lambda: newLambda(t, ""), HTTP: newLinkTransport(t, integration.TransportOptions{}),
		Endpoint: func(string) string { return backend.URL },
	}
	if _, err := newBackend(t, def, env).Call(t.Context(), &integration.Request{Event: messageEvent("x")}); err != nil {
		t.Fatal(err)
	}
	if auth := backend.only(t).header.Get("Authorization"); !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=gangway/") {
		t.Errorf("Authorization: %s", auth)
	}
}

// TestServiceFaults: services are held to the rules of all backends, and their refusals are answers.
func TestServiceFaults(t *testing.T) {
	withCredentials(t)
	def := gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem",
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		status int   // of an answer
		err    error // else
	}{
		"refused":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, 400, nil},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, 302, nil},
		"hang up":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, gateway.ErrUnreachable},
	} {
		backend := newRecorder(t, test.answer)
		env := integration.Env{
			Lambda: newLambda(t, ""), HTTP: newLinkTransport(t, integration.TransportOptions{}),
			Endpoint: func(string) string { return backend.URL },
		}
		got, err := newBackend(t, def, env).Call(t.Context(), &integration.Request{Event: messageEvent("x"), Body: []byte("{}")})
		if !errors.Is(err, test.err) || test.err == nil && got.Status != test.status {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		backend.only(t)

		own := netip.MustParseAddrPort(backend.Listener.Addr().String())
		env.HTTP = newLinkTransport(t, integration.TransportOptions{Own: []netip.AddrPort{own}})
		_, err = newBackend(t, def, env).Call(t.Context(), &integration.Request{Event: messageEvent("x")})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
		backend.only(t)
	}
}

// TestUnknownAction: whose actions nobody here knows how to ask for can be deployed, is told of, and fails when it is called.
func TestUnknownAction(t *testing.T) {
	def := gateway.DeployedIntegration{Integration: gateway.Integration{IntegrationSettings: gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:s3:action/GetObject",
	}}}
	called, err := integration.New(def, integration.Env{HTTP: &captured{}, Lambda: newLambda(t, "")})
	if called == nil || !errors.Is(err, gateway.ErrConfiguration) || !strings.Contains(err.Error(), "how s3 is asked for an action") {
		t.Fatalf("got %v, %v", called, err)
	}
	_, err = called.Call(t.Context(), &integration.Request{Event: messageEvent("x")})
	wantError(t, err, gateway.ErrConfiguration, "Internal server error")
}
