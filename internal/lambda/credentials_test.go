package lambda_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"gangway/internal/lambda"
)

// TestStart: who does not wait for a function learns only whether Lambda has taken the event.
func TestStart(t *testing.T) {
	status := http.StatusAccepted
	url, calls, bodies := newInvokeAPI(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context(), "chat", []byte(`{"n":1}`)); err != nil {
		t.Fatal(err)
	}
	if kind := (*calls)[0].Header.Get("X-Amz-Invocation-Type"); kind != "Event" || (*bodies)[0] != `{"n":1}` {
		t.Errorf("called as %q with %s", kind, (*bodies)[0])
	}
	status = http.StatusTooManyRequests
	if refusal, ok := errors.AsType[*lambda.Error](client.Start(t.Context(), "chat", nil)); !ok || refusal.Status != status {
		t.Errorf("got %v", refusal)
	}
	if len(*calls) != 2 {
		t.Errorf("%d calls", len(*calls))
	}
}

// TestCredentials: there are those of AWS, and those for what is not AWS.
func TestCredentials(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
		"AWS_SHARED_CREDENTIALS_FILE": none, "AWS_CONFIG_FILE": none,
	} {
		t.Setenv(name, value)
	}
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Credentials(t.Context()); !errors.Is(err, lambda.ErrNoCredentials) {
		t.Errorf("got %v", err)
	}
	if _, err := client.Invoke(t.Context(), "chat", nil); !errors.Is(err, lambda.ErrNoCredentials) {
		t.Errorf("got %v", err)
	}
	if got := lambda.Elsewhere(); got.AccessKeyID != "gangway" || got.SessionToken != "" {
		t.Errorf("got %v", got)
	}

	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	if client, err = lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: "http://127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	got, err := client.Credentials(t.Context())
	if err != nil || got.AccessKeyID != "AKIAEXAMPLE" || got.SecretAccessKey != "secret" || got.SessionToken != "token" {
		t.Errorf("got %v, %v", got, err)
	}
	if got := lambda.Elsewhere(); got.AccessKeyID != "AKIAEXAMPLE" || got.SecretAccessKey != "secret" || got.SessionToken != "token" {
		t.Errorf("got %v", got)
	}
}
