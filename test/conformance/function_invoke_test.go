package conformance_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	lambdasdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// verify wants the signature that the signer of the AWS SDK makes of the same request.
func (in *invoked) verify(r *http.Request, key aws.Credentials) error {
	const scheme = "AWS4-HMAC-SHA256 "
	sent := r.Header.Get("Authorization")
	if !strings.HasPrefix(sent, scheme) {
		return &lambdaError{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(sent, scheme), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	if scope[0] != key.AccessKeyID || r.Header.Get("X-Amz-Security-Token") != key.SessionToken {
		return &lambdaError{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || len(scope) != 5 || time.Since(at).Abs() > 5*time.Minute {
		return &lambdaError{http.StatusForbidden, "InvalidSignatureException", "no scope and date of a signature"}
	}
	if in.region == "" {
		in.region = scope[2]
	}
	target := *r.URL
	target.Scheme, target.Host = "http", r.Host
	again := &http.Request{Method: r.Method, URL: &target, Host: r.Host, Header: http.Header{}}
	for name := range strings.SplitSeq(parts["SignedHeaders"], ";") {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	hash := sha256.Sum256(in.event)
	if err := v4.NewSigner().SignHTTP(r.Context(), key, again, hex.EncodeToString(hash[:]), "lambda", in.region, at); err != nil {
		return err
	}
	if again.Header.Get("Authorization") != sent {
		return &lambdaError{
			http.StatusForbidden, "InvalidSignatureException",
			"The request signature we calculated does not match the signature you provided: expected " + again.Header.Get("Authorization") + ", got " + sent,
		}
	}
	return nil
}

// answer runs the function, and says what the caller may know.
func (l *lambdaAPI) answer(w http.ResponseWriter, in *invoked) {
	switch in.kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return
	case "Event":
		go func() {
			l.run(in)
			l.ended <- in
		}()
		w.WriteHeader(http.StatusAccepted)
		return
	}
	l.run(in) // which goes on when the caller has left
	l.ended <- in
	header := w.Header()
	header.Set("X-Amz-Executed-Version", in.version)
	if in.failure != "" {
		header.Set("X-Amz-Function-Error", in.failure)
	}
	if in.logs {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(in.log[max(0, len(in.log)-4<<10):])))
	}
	_, _ = w.Write(in.result) // the caller has left if this fails
}

// run gives an invocation to a sandbox that is free, or to a new one.
func (l *lambdaAPI) run(in *invoked) {
	for {
		s, isNew, err := l.take(in)
		if err != nil {
			in.fail("Runtime.InitError", err.Error())
			return
		}
		switch took := s.run(l.over, in); {
		case took:
			l.give(in, s)
			return
		case isNew:
			in.fail("Runtime.ExitError", "Runtime exited without providing a reason")
			return
		}
	}
}

// take finds a sandbox of the function's version.
func (l *lambdaAPI) take(in *invoked) (s *sandbox, isNew bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := in.name + ":" + in.version
	if free := l.idle[key]; len(free) > 0 {
		s = free[len(free)-1]
		l.idle[key] = free[:len(free)-1]
		return s, false, nil
	}
	select {
	case <-l.over:
		return nil, true, errors.New("the test is over")
	default:
	}
	s, err = newSandbox(in)
	if err == nil {
		l.all = append(l.all, s)
	}
	return s, true, err
}

func (l *lambdaAPI) give(in *invoked, s *sandbox) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle[in.name+":"+in.version] = append(l.idle[in.name+":"+in.version], s)
}

// fail is the result of an invocation for which Lambda itself has to speak.
func (in *invoked) fail(kind, message string) {
	in.failure = "Unhandled"
	in.result, _ = json.Marshal(map[string]string{"errorType": kind, "errorMessage": "RequestId: " + in.id + " Error: " + message})
}

// TestFunctions is the program of every function: the test binary runs itself with this test alone, and the environment of a
// runtime. Without that, it holds the Invoke API of these tests against the AWS SDK, which speaks to the real one.
func TestFunctions(t *testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(handlers[os.Getenv("_HANDLER")]) // and never comes back
	}
	l := newLambdaAPI(t)
	l.create("self", &lambdaFunction{handler: "self", versions: map[string]string{"1": "self"}, aliases: map[string]string{"live": "1"}})
	l.create("results", &lambdaFunction{handler: "results"})
	l.create("stopped", &lambdaFunction{handler: "self", stopped: true})
	l.create("private", &lambdaFunction{handler: "self", private: true})
	t.Run("names", func(t *testing.T) { invokeNames(t, l) })
	t.Run("types", func(t *testing.T) { invokeTypes(t, l) })
	t.Run("errors", func(t *testing.T) { invokeErrors(t, l) })
}

// client is the AWS SDK's client of Lambda.
func (l *lambdaAPI) client(key aws.Credentials) *lambdasdk.Client {
	return lambdasdk.New(lambdasdk.Options{
		Region: region, BaseEndpoint: &l.URL, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
	})
}

// invokeNames calls one function by all forms of its name.
func invokeNames(t *testing.T, l *lambdaAPI) {
	t.Helper()
	const arn = "arn:aws:lambda:" + region + ":" + account + ":function:self"
	for _, call := range []struct{ name, qualifier, version string }{
		{"self", "", latest},
		{"self:live", "", "1"},
		{"self:1", "1", "1"},
		{"self", "live", "1"},
		{account + ":function:self", "", latest},
		{account + ":self:live", "", "1"},
		{"function:self", latest, latest},
		{arn, "", latest},
		{arn + ":live", "", "1"},
		{arn, "1", "1"},
	} {
		input := &lambdasdk.InvokeInput{FunctionName: &call.name, Payload: []byte(`{"requestContext":{}}`)}
		if call.qualifier != "" {
			input.Qualifier = &call.qualifier
		}
		out, err := l.client(l.caller).Invoke(t.Context(), input)
		must(t, err)
		id, identified := middleware.GetRequestIDMetadata(out.ResultMetadata)
		if out.StatusCode != http.StatusOK || *out.ExecutedVersion != call.version || out.FunctionError != nil || !identified || id == "" ||
			!strings.Contains(string(out.Payload), `"body":"self `+call.version+`"`) {
			t.Errorf("%s %s: %d, version %s of %s: %s", call.name, call.qualifier, out.StatusCode, *out.ExecutedVersion, id, out.Payload)
		}
	}
}

// invokeTypes calls functions with each invocation type, and asks for the log.
func invokeTypes(t *testing.T, l *lambdaAPI) {
	t.Helper()
	ctx, c := t.Context(), l.client(l.caller)
	for len(l.ended) > 0 {
		<-l.ended
	}
	fails := []byte(`{"body":"{\"as\":\"own error\"}"}`)
	out, err := c.Invoke(ctx, &lambdasdk.InvokeInput{FunctionName: aws.String("results"), Payload: fails, LogType: types.LogTypeTail})
	must(t, err)
	log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if aws.ToString(out.FunctionError) != "Unhandled" || string(out.Payload) != `{"errorMessage":"9 rooms are too many","errorType":"roomsError"}` ||
		err != nil || !strings.HasPrefix(string(log), "START RequestId: ") {
		t.Errorf("%s: %s, and logged %s, %v", aws.ToString(out.FunctionError), out.Payload, log, err)
	}
	l.wantEnded(t)
	out, err = c.Invoke(ctx, &lambdasdk.InvokeInput{FunctionName: aws.String("results"), Payload: fails, InvocationType: types.InvocationTypeEvent})
	must(t, err)
	if in := l.wantEnded(t); out.StatusCode != http.StatusAccepted || len(out.Payload) > 0 || out.FunctionError != nil || in.failure == "" {
		t.Errorf("Event: %d %s, and the function has ended %q", out.StatusCode, out.Payload, in.failure)
	}
	out, err = c.Invoke(ctx, &lambdasdk.InvokeInput{FunctionName: aws.String("results"), Payload: fails, InvocationType: types.InvocationTypeDryRun})
	must(t, err)
	if out.StatusCode != http.StatusNoContent || len(l.ended) > 0 {
		t.Errorf("DryRun: %d, and %d functions have ended", out.StatusCode, len(l.ended))
	}
}

// invokeErrors has calls refused, and finds the class that the SDK has for each reason.
func invokeErrors(t *testing.T, l *lambdaAPI) {
	t.Helper()
	stranger, liar := l.caller, l.caller
	stranger.AccessKeyID, liar.SecretAccessKey = "AKIDSTRANGER", "not it"
	for _, call := range []struct {
		name, qualifier, payload string
		key                      aws.Credentials
		code                     string
	}{
		{"none", latest, "{}", l.caller, "ResourceNotFoundException"},
		{"self", "9", "{}", l.caller, "ResourceNotFoundException"},
		{"self:live", "1", "{}", l.caller, "InvalidParameterValueException"},
		{"arn:aws:lambda:eu-west-1:" + account + ":function:self", latest, "{}", l.caller, "InvalidSignatureException"}, // another region
		{"self", latest, "{", l.caller, "InvalidRequestContentException"},
		{"stopped", latest, "{}", l.caller, "TooManyRequestsException"},
		{"private", latest, "{}", l.caller, "AccessDeniedException"},
		{"999999999999:function:self", latest, "{}", l.caller, "AccessDeniedException"},
		{"self", latest, "{}", stranger, "UnrecognizedClientException"},
		{"self", latest, "{}", liar, "InvalidSignatureException"},
	} {
		_, err := l.client(call.key).Invoke(t.Context(), &lambdasdk.InvokeInput{
			FunctionName: &call.name, Qualifier: &call.qualifier, Payload: []byte(call.payload),
		})
		wantCode(t, err, call.code)
	}
	_, err := l.client(l.caller).Invoke(t.Context(), &lambdasdk.InvokeInput{FunctionName: aws.String("none")})
	wantError[*types.ResourceNotFoundException](t, err)
	_, err = l.client(l.caller).Invoke(t.Context(), &lambdasdk.InvokeInput{FunctionName: aws.String("stopped")})
	wantError[*types.TooManyRequestsException](t, err)
}
