package gateway_test

import (
	"slices"
	"testing"

	"gangway/internal/gateway"
)

// TestDomains: "Custom domain names for WebSocket APIs in API Gateway" and "Use wildcard custom domain names" in the developer
// guide.
func TestDomains(t *testing.T) {
	domains := &gateway.Domains{}
	names := gateway.Names{Region: "us-east-1", PublicURL: "ws://localhost:8080", Domains: domains}
	prod, dev := gateway.StageKey{API: "a", Stage: "prod"}, gateway.StageKey{API: "a", Stage: "dev"}
	domains.Replace(map[string]gateway.Mappings{
		"Chat.example.com":  {"": prod, "dev": dev, "dev/v2": prod},
		"*.example.com":     {"": dev},
		"keys.example.com":  {"only": prod},
		"empty.example.com": {},
	})
	for _, row := range []struct {
		host, path string
		stage      gateway.StageKey
		rest       []string
	}{
		{"chat.example.com", "/", prod, nil},
		{"CHAT.example.com:8080", "/", prod, nil},
		{"chat.example.com:443", "/", prod, nil},
		{"chat.example.com.", "/", prod, nil},
		{"chat.example.com", "/dev", dev, nil},
		{"chat.example.com", "/dev/", dev, nil},
		{"chat.example.com", "/dev/v2", prod, nil},
		{"chat.example.com", "/dev/@connections/x", dev, []string{"@connections", "x"}},
		{"chat.example.com", "/@connections/x", prod, []string{"@connections", "x"}},
		{"chat.example.com", "/prod/@connections/x", prod, []string{"prod", "@connections", "x"}},
		{"other.example.com", "/", dev, nil},
		{"a.other.example.com", "/", gateway.StageKey{}, nil},
		{"keys.example.com", "/", gateway.StageKey{}, nil},
		{"keys.example.com", "/only", prod, nil},
		{"empty.example.com", "/", gateway.StageKey{}, nil},
	} {
		a, ok := names.Resolve(row.host, row.path)
		if row.host == "a.other.example.com" { // a wildcard stands for one label
			if a.Custom {
				t.Errorf("%s is taken for a custom domain", row.host)
			}
			continue
		}
		if !ok || !a.Custom || !a.Known || a.Stage != row.stage || !slices.Equal(a.Path, row.rest) {
			t.Errorf("%s%s: got %+v", row.host, row.path, a)
		}
	}
	for _, host := range []string{
		"chat.example.com:8080.attacker.com", "[chat.example.com]", "[chat.example.com]:8080", "chat.example.com:", "chat.example.com:0",
		"chat.example.com:+80", "chat.example.com:70000", ".example.com", "*.example.com", "'$(id)'.example.com", "a_b.example.com", ":8080",
	} {
		if a, ok := names.Resolve(host, "/"); ok || a.Custom || domains.Has(host) {
			t.Errorf("%s is taken for a custom domain: %+v", host, a)
		}
	}
	for host, want := range map[string]gateway.Address{
		"CHAT.example.com.":     {DomainName: "chat.example.com", Known: true},
		"chat.example.com:8080": {DomainName: "chat.example.com:8080", Known: true},
		"chat.example.com:80":   {DomainName: "chat.example.com", Known: true},
		"chat.example.com:6379": {DomainName: "chat.example.com"}, // reached, but not by a signature for that port
	} {
		if a, ok := names.Resolve(host, "/"); !ok || !a.Custom || a.DomainName != want.DomainName || a.Known != want.Known {
			t.Errorf("%s: got %+v", host, a)
		}
	}
	if a, ok := names.Resolve("localhost:8080", "/a/prod"); !ok || a.Custom || a.Stage != prod {
		t.Errorf("the execute-api form: got %+v", a)
	}
	domains.Replace(nil)
	if domains.Has("chat.example.com") {
		t.Error("a domain that is gone is still there")
	}
}

// TestOptions: tags that ask for more than API Gateway has.
func TestOptions(t *testing.T) {
	read := func(tags ...map[string]string) gateway.Options {
		t.Helper()
		o, err := gateway.ReadOptions(tags...)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := read(map[string]string{
		"team": "x", "gangway:ordered": "true", "gangway:idle-timeout": "1h", "gangway:max-frame": "65536",
		"gangway:allowed-origins": "https://app.example.com https://.example.org", "gangway:jwt-issuer": "https://id.example.com",
	}, map[string]string{"gangway:ordered": "false", "gangway:jwt-audience": "a b", "gangway:binary": "true"})
	if o.Ordered || !o.Binary || o.IdleTimeout.Hours() != 1 || o.MaxFrame != 65536 || o.JWT.Issuer != "https://id.example.com" ||
		!slices.Equal(o.JWT.Audience, []string{"a", "b"}) {
		t.Errorf("got %+v", o)
	}
	for origin, allowed := range map[string]bool{
		"https://app.example.com": true, "HTTPS://APP.EXAMPLE.COM": true, "http://app.example.com": false, "https://app.example.com.evil.org": false,
		"https://a.example.org": true, "https://example.org": false, "https://evilexample.org": false, "https://.example.org": false,
		"null": false, "": true, "https://app.example.com:444": false,
	} {
		if o.AllowsOrigin(origin) != allowed {
			t.Errorf("%q: allowed is %v", origin, !allowed)
		}
	}
	for key, value := range map[string]string{
		"gangway:allow-origins": "https://a.example", "gangway:allowed-origins": "app.example.com", "gangway:ordered": "yes",
		"gangway:idle-timeout": "10", "gangway:max-frame": "0", "gangway:jwt-issuer": "http://id.example.com", "gangway:jwt-audience": " ",
		"gangway:jwt-jwks-uri": "file:///etc/passwd",
	} {
		if _, err := gateway.ReadOptions(map[string]string{key: value}); err == nil {
			t.Errorf("%s=%s is taken", key, value)
		}
	}
}
