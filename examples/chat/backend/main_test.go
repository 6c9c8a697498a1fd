package main

import (
	"log/slog"
	"strings"
	"testing"
)

// TestNewBackend: a backend that could push to nobody does not start, and says what is missing.
func TestNewBackend(t *testing.T) {
	key := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1"}
	for _, c := range []struct {
		name, endpoint string
		env            map[string]string
		want           string
	}{
		{"complete", "http://localhost:8080/a1/prod/", key, ""},
		{"no endpoint", "", key, "--endpoint or AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is needed"},
		{"a profile alone", "http://localhost:8080/a1/prod", map[string]string{"AWS_PROFILE": "backend"}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{"half a key", "http://localhost:8080/a1/prod", map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, "there is no access key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := newBackend(c.endpoint, func(name string) string { return c.env[name] }, slog.New(slog.DiscardHandler))
			switch {
			case c.want != "":
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			case err != nil:
				t.Error(err)
			case got.Endpoint != "http://localhost:8080/a1/prod" || got.Signer.AccessKeyID != "AKIDEXAMPLE" || got.Signer.Region != "eu-west-1":
				t.Errorf("got %+v signing with %+v", got, got.Signer)
			}
		})
	}
}
