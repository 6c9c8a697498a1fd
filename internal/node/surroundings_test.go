package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/node"
	"gangway/internal/sigv4"
)

// TestSurroundings: functions find the node, and what the user has of other services; nothing else of the user's gets to them.
func TestSurroundings(t *testing.T) {
	dir := t.TempDir()
	own, trusted := filepath.Join(dir, "tls", "ca.pem"), filepath.Join(dir, "trusted.pem")
	if err := os.Mkdir(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{own: "own", trusted: "trusted"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	around := node.Surroundings{
		Data: dir, Admin: "http://admin", Lambda: "http://lambda", Key: sigv4.Key{ID: "id", Secret: "secret"}, Authority: own,
		Environ: []string{
			"AWS_ACCESS_KEY_ID=mine", "AWS_SESSION_TOKEN=mine", "AWS_ENDPOINT_URL_DYNAMODB=http://mine", "AWS_ENDPOINT_URL_LAMBDA=http://mine",
			"SSL_CERT_FILE=" + trusted, "OTHER=mine",
		},
	}
	got, err := around.Environment()
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(dir, "tls", "bundle.pem")
	want := map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL_DYNAMODB": "http://mine",
		"AWS_ENDPOINT_URL_LAMBDA": "http://lambda", "AWS_ENDPOINT_URL_APIGATEWAYV2": "http://admin",
		"AWS_ENDPOINT_URL_API_GATEWAY": "http://admin", "AWS_ENDPOINT_URL_STS": "http://admin",
		"NODE_EXTRA_CA_CERTS": own, "AWS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle,
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, expected %q", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	text, err := os.ReadFile(bundle)
	if err != nil || !strings.Contains(string(text), "trusted") || !strings.Contains(string(text), "own") {
		t.Errorf("the bundle is %q, %v", text, err)
	}
	around.Authority = ""
	if got, err := around.Environment(); err != nil || got["AWS_CA_BUNDLE"] != "" {
		t.Errorf("without an authority: %v, %v", got, err)
	}
}
