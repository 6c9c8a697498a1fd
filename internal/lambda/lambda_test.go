package lambda_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/lambda"
)

// newInvokeAPI starts an Invoke API that answers with answer, and remembers the last call.
func newInvokeAPI(t *testing.T, answer http.HandlerFunc) (url string, calls *[]*http.Request, bodies *[]string) {
	t.Helper()
	calls, bodies = &[]*http.Request{}, &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*calls, *bodies = append(*calls, r), append(*bodies, string(body))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls, bodies
}

func echo(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) }

// TestInvoke: the call as the AWS Lambda API reference describes it, "Invoke".
func TestInvoke(t *testing.T) {
	const arn = "arn:aws:lambda:ap-south-1:123456789012:function:chat"
	for _, test := range []struct {
		name, function string
		config         lambda.Config
		signed         string // part of the Authorization header
	}{
		{"by name", "chat", lambda.Config{Region: "us-east-1"}, "/us-east-1/lambda/"},
		{"by ARN", arn, lambda.Config{Region: "us-east-1"}, "/ap-south-1/lambda/"},
		{"unsigned", "chat", lambda.Config{Region: "us-east-1"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			if test.signed != "" {
				t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
				t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
			}
			url, calls, bodies := newInvokeAPI(t, echo)
			test.config.Endpoint = url
			client, err := lambda.New(t.Context(), test.config)
			if err != nil {
				t.Fatal(err)
			}
			if len(*calls) != 0 {
				t.Fatal("making a client calls somebody")
			}
			result, err := client.Invoke(t.Context(), test.function, []byte(`{"n":1}`))
			if err != nil || string(result.Payload) != `{"ok":true}` || result.FunctionError != "" {
				t.Fatalf("got %v, %v", result, err)
			}
			call := (*calls)[0]
			if call.URL.Path != "/2015-03-31/functions/"+test.function+"/invocations" || (*bodies)[0] != `{"n":1}` {
				t.Errorf("called %s with %s", call.URL.Path, (*bodies)[0])
			}
			if auth := call.Header.Get("Authorization"); !strings.Contains(auth, test.signed) || (auth == "") != (test.signed == "") {
				t.Errorf("Authorization: %q, want %q in it", auth, test.signed)
			}
		})
	}
}

// TestRefusal: what the service refuses has its status, code and words, and is not asked for again.
func TestRefusal(t *testing.T) {
	url, calls, _ := newInvokeAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"message":"Rate Exceeded."}`)
	})
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Invoke(t.Context(), "chat", nil)
	refusal, ok := errors.AsType[*lambda.Error](err)
	if !ok || *refusal != (lambda.Error{Status: 429, Code: "TooManyRequestsException", Message: "Rate Exceeded."}) {
		t.Errorf("got %v", err)
	}
	if len(*calls) != 1 {
		t.Errorf("the API was called %d times", len(*calls))
	}
}

// TestFunctionError: a function that fails is a result.
func TestFunctionError(t *testing.T) {
	url, _, _ := newInvokeAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, `{"errorMessage":"boom"}`)
	})
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	result, err := client.Invoke(t.Context(), "chat", []byte("{}"))
	if err != nil || result.FunctionError != "Unhandled" || !strings.Contains(string(result.Payload), "boom") {
		t.Errorf("got %v, %v", result, err)
	}
}

// TestSize: a result may be as large as Lambda allows, and no larger.
func TestSize(t *testing.T) {
	for size, want := range map[int]error{6 << 20: nil, 7 << 20: lambda.ErrTooLarge} {
		url, _, _ := newInvokeAPI(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(" ", size))
		})
		client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
		if err != nil {
			t.Fatal(err)
		}
		result, err := client.Invoke(t.Context(), "chat", []byte("{}"))
		if !errors.Is(err, want) || want == nil && (err != nil || len(result.Payload) != size) {
			t.Errorf("%d bytes: got %v, want %v", size, err, want)
		}
	}
}
