package gateway_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
)

func TestAuthorizerWithoutSources(t *testing.T) {
	a, _ := build(t, new(gateway.Authorizer), authorizer(`"identitySource":[""]`)).(*gateway.Authorizer)
	if a.IdentitySource != nil || a.AuthorizerID != "x1" {
		t.Errorf("%+v", a)
	}
}

// What a client writes into the members that are the service's own is gone, and an update replaces the configuration.
func TestDomainName(t *testing.T) {
	body := domain(`"certificateArn":"` + certificate + `","ownershipVerificationCertificateArn":"` + certificate + `","apiGatewayDomainName":"mine","hostedZoneId":"mine","domainNameStatus":"UPDATING","domainNameStatusMessage":"mine","certificateUploadDate":"mine"`)
	d, _ := build(t, new(gateway.DomainName), body).(*gateway.DomainName)
	text, _ := json.Marshal(d)
	if strings.Contains(string(text), "mine") || strings.Contains(string(text), "UPDATING") {
		t.Errorf("a client has written %s", text)
	}
	build(t, d, domain(`"certificateArn":"arn:aws:acm:us-east-1:1:certificate/new"`))
	c := d.DomainNameConfigurations[0]
	if len(d.DomainNameConfigurations) != 1 || c.OwnershipVerificationCertificateARN != "" || !strings.HasSuffix(c.CertificateARN, "/new") {
		t.Errorf("the configuration was not replaced: %+v", d.DomainNameConfigurations)
	}
	build(t, d, `{"domainName":"a.b","mutualTlsAuthentication":{"truststoreUri":"s3://b/k","truststoreVersion":"1"}}`)
	build(t, d, `{"domainName":"a.b","mutualTlsAuthentication":{"truststoreUri":""}}`)
	d.Show("us-east-1")
	text, _ = json.Marshal(d)
	want := `{"domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:1:certificate/new","endpointType":"REGIONAL","ipAddressType":"ipv4",` +
		`"securityPolicy":"TLS_1_2","apiGatewayDomainName":"` + d.DomainNameConfigurations[0].APIGatewayDomainName + `","domainNameStatus":"AVAILABLE","hostedZoneId":"Z1UJRXOUMOOFQ8"}],` +
		`"routingMode":"API_MAPPING_ONLY","domainName":"a.b","tags":{},"apiMappingSelectionExpression":"$request.basepath",` +
		`"domainNameArn":"arn:aws:apigateway:us-east-1::/domainnames/a.b"}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// Source: "Custom domain names for WebSocket APIs in API Gateway" in the developer guide, for the form of the name.
func TestDomainNameShow(t *testing.T) {
	target := func(name, region string) (host, zone string) {
		d, _ := build(t, new(gateway.DomainName), `{"domainName":"`+name+`","domainNameConfigurations":[{}]}`).(*gateway.DomainName)
		d.Show(region)
		return d.DomainNameConfigurations[0].APIGatewayDomainName, d.DomainNameConfigurations[0].HostedZoneID
	}
	host, _ := target("a.b", "eu-west-1")
	id, rest, _ := strings.Cut(strings.TrimPrefix(host, "d-"), ".")
	if len(id) != 10 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || rest != "execute-api.eu-west-1.amazonaws.com" {
		t.Errorf("host %s", host)
	}
	if again, _ := target("a.b", "eu-west-1"); again != host {
		t.Errorf("%s, then %s", host, again)
	}
	if other, zone := target("a.c", "xx-north-9"); strings.HasPrefix(other, "d-"+id) || zone == "" {
		t.Errorf("another domain: %s, %s", other, zone)
	}
}

func TestStageLogs(t *testing.T) {
	for body, want := range map[string]bool{
		`{"stageName":"s"}`:                        false,
		`{"stageName":"s","accessLogSettings":{}}`: false,
		`{"stageName":"s","accessLogSettings":{"destinationArn":"` + logGroup + `"}}`:                         true,
		`{"stageName":"s","defaultRouteSettings":{"loggingLevel":"ERROR"}}`:                                   true,
		`{"stageName":"s","routeSettings":{"$connect":{"loggingLevel":"INFO"}}}`:                              true,
		`{"stageName":"s","routeSettings":{"$connect":{"loggingLevel":"OFF"},"a":{"dataTraceEnabled":true}}}`: false,
	} {
		stage, _ := build(t, new(gateway.Stage), body).(*gateway.Stage)
		if got := stage.Logs(); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// An empty object in an update changes nothing, whether there is an access log or not.
func TestAccessLogMerges(t *testing.T) {
	stage, _ := build(t, new(gateway.Stage), `{"stageName":"s","accessLogSettings":{"destinationArn":"`+logGroup+`","format":"$context.requestId"}}`).(*gateway.Stage)
	build(t, stage, `{"stageName":"s","accessLogSettings":{}}`)
	if a := stage.AccessLogSettings; a == nil || a.DestinationARN != logGroup || a.Format != "$context.requestId" {
		t.Errorf("%+v", a)
	}
}

func TestModelsOfRoutes(t *testing.T) {
	route, _ := build(t, new(gateway.Route), `{"routeKey":"a","requestModels":{"x":"M2","y":"M1","z":"M2"}}`).(*gateway.Route)
	if got := route.Models(); !slices.Equal(got, []string{"M1", "M2"}) {
		t.Errorf("route: %v", got)
	}
	response, _ := build(t, new(gateway.RouteResponse), `{"routeResponseKey":"$default","responseModels":{"x":"M"}}`).(*gateway.RouteResponse)
	if got := response.Models(); !slices.Equal(got, []string{"M"}) {
		t.Errorf("response: %v", got)
	}
}

func TestAPIKey(t *testing.T) {
	key, _ := build(t, new(gateway.APIKey), `{"generateDistinctId":true,"stageKeys":[{"restApiId":"a","stageName":"s"},"b/t"]}`).(*gateway.APIKey)
	if len(key.Value) != 40 || key.GenerateDistinctID || key.CreatedDate.Time() != today.Truncate(time.Second) {
		t.Errorf("%+v", key)
	}
	text, _ := json.Marshal(key)
	want := `{"enabled":false,"stageKeys":["a/s","b/t"],"tags":{},"value":"` + key.Value + `","id":"x1","createdDate":1795329015,"lastUpdatedDate":1795329015}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	value := key.Value
	key.Locate("apikeys/x1", today.Add(time.Hour))
	if key.Value != value || key.LastUpdatedDate != key.CreatedDate+3600 {
		t.Errorf("an update changed the value or no date: %+v", key)
	}
}

func TestUsagePlan(t *testing.T) {
	plan, _ := build(t, new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s"}]}`).(*gateway.UsagePlan)
	if !plan.Covers(gateway.StageKey{API: "a", Stage: "s"}) || plan.Covers(gateway.StageKey{API: "a", Stage: "t"}) {
		t.Errorf("%+v", plan)
	}
	key, _ := build(t, new(gateway.UsagePlanKey), `{"keyId":"k1","keyType":"API_KEY"}`).(*gateway.UsagePlanKey)
	key.Name, key.Value = "n", "v"
	if text, _ := json.Marshal(key); string(text) != `{"id":"k1","type":"API_KEY","name":"n","value":"v"}` {
		t.Errorf("%s", text)
	}
	usage, _ := json.Marshal(gateway.Usage{UsagePlanID: "p", StartDate: "2026-11-01", EndDate: "2026-11-02", Values: map[string][][2]int64{"k": {{1, 99}, {0, 99}}}})
	if string(usage) != `{"usagePlanId":"p","startDate":"2026-11-01","endDate":"2026-11-02","values":{"k":[[1,99],[0,99]]}}` {
		t.Errorf("%s", usage)
	}
}

func TestClientCertificate(t *testing.T) {
	c, _ := build(t, new(gateway.ClientCertificate), `{}`).(*gateway.ClientCertificate)
	block, _ := pem.Decode([]byte(c.PEMEncodedCertificate))
	if block == nil {
		t.Fatalf("no PEM: %s", c.PEMEncodedCertificate)
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Subject.CommonName != "ApiGateway" || parsed.NotAfter.Unix() != int64(c.ExpirationDate) || parsed.NotBefore.Unix() != int64(c.CreatedDate) ||
		c.ExpirationDate-c.CreatedDate != 365*24*3600 {
		t.Errorf("%s from %s to %s, shown as %d to %d", parsed.Subject, parsed.NotBefore, parsed.NotAfter, c.CreatedDate, c.ExpirationDate)
	}
	if err := parsed.CheckSignatureFrom(parsed); err == nil {
		t.Error("the certificate says that it is an authority")
	}
	if err := parsed.CheckSignature(parsed.SignatureAlgorithm, parsed.RawTBSCertificate, parsed.Signature); err != nil {
		t.Error(err)
	}
	if _, err := c.Pair(); err != nil {
		t.Error(err)
	}
	shown, _ := json.Marshal(c.Shown())
	if strings.Contains(string(shown), "PRIVATE") || strings.Contains(string(shown), "privateKey") || c.PrivateKey == "" {
		t.Errorf("%s", shown)
	}
	if _, err := (&gateway.ClientCertificate{}).Pair(); err == nil {
		t.Error("a certificate of nothing")
	}
	if err := (&gateway.ClientCertificate{}).Validate(); err == nil {
		t.Error("an empty certificate is right")
	}
}

func TestCredential(t *testing.T) {
	c, _ := build(t, new(gateway.Credential), `{"name":"ci","policy":`+allowAll+`}`).(*gateway.Credential)
	if len(c.AccessKeyID) != 20 || !strings.HasPrefix(c.AccessKeyID, "GWAK") || len(c.SecretAccessKey) != 40 || c.SessionToken != "" || !c.Expiration.IsZero() {
		t.Errorf("a lasting key: %+v", c.AccessKey)
	}
	first := c.AccessKey
	c.Rotate(today, time.Hour)
	if c.AccessKeyID == first.AccessKeyID || c.Previous == nil || c.Previous.AccessKeyID != first.AccessKeyID ||
		!c.Previous.Good(today.Add(time.Hour-time.Second)) || c.Previous.Good(today.Add(time.Hour)) || !c.Good(today.Add(1e6*time.Hour)) {
		t.Errorf("rotated: %+v", c)
	}
	text, _ := json.Marshal(c.Shown())
	for _, secret := range []string{c.SecretAccessKey, first.SecretAccessKey, first.AccessKeyID, "secretAccessKey"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s shows %s", text, secret)
		}
	}
	c.Rotate(today, 0)
	if c.Previous != nil {
		t.Errorf("a key outlives a rotation without grace: %+v", c)
	}
}

func TestTemporaryCredential(t *testing.T) {
	c, _ := build(t, new(gateway.Credential), `{"name":"ci","durationSeconds":60,"policy":`+allowAll+`}`).(*gateway.Credential)
	if !strings.HasPrefix(c.AccessKeyID, "GWAS") || len(c.AccessKeyID) != 20 || len(c.SessionToken) < 64 || !c.Good(today.Add(59*time.Second)) || c.Good(today.Add(time.Minute)) {
		t.Errorf("%+v", c.AccessKey)
	}
	first := c.AccessKey
	// The grace of a key that ends by itself is not longer than the key.
	c.Rotate(today.Add(30*time.Second), time.Hour)
	if c.Previous == nil || c.Previous.Good(today.Add(time.Minute)) || !c.Good(today.Add(80*time.Second)) || c.SessionToken == first.SessionToken {
		t.Errorf("%+v", c)
	}
	// A key that has ended is not kept.
	c.Rotate(today.Add(time.Hour), time.Hour)
	if c.Previous != nil {
		t.Errorf("%+v", c.Previous)
	}
}

func TestAccessKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i := range 1000 {
		key := gateway.NewAccessKey(i%2 == 0)
		for _, text := range []string{key.AccessKeyID, key.SecretAccessKey, key.SessionToken} {
			if text != "" && seen[text] {
				t.Fatalf("%s comes twice", text)
			}
			seen[text] = true
		}
	}
}

// Source: "Tagging API Gateway resources" in the developer guide.
func TestKeyOfARN(t *testing.T) {
	for path, want := range map[string]gateway.Key{
		"/apis/a":                  "apis/a",
		"/apis/a/stages/$default":  "apis/a/stages/$default",
		"/domainnames/*.x.example": "domainnames/*.x.example",
		"/vpclinks/v":              "vpclinks/v",
		"/apikeys/k":               "apikeys/k",
		"/usageplans/u":            "usageplans/u",
		"/clientcertificates/c":    "clientcertificates/c",
		"/restapis/r":              "",
		"/restapis/r/stages/s":     "",
		"/apis/a/routes/r":         "",
		"/apis":                    "",
		"/apis/":                   "",
		"/apis//stages/s":          "",
		"/credentials/root":        "",
		"apis/a":                   "",
		"/apis/a/stages/s/x/y":     "",
	} {
		key, ok := gateway.KeyOfARN("arn:aws:apigateway:us-east-1::" + path)
		if ok != (want != "") || ok && key != want {
			t.Errorf("%s: %s, %v", path, key, ok)
		}
	}
	for _, bad := range []string{"", "arn:aws:apigateway", "arn:aws:s3:::/apis/a", "x:aws:apigateway:r::/apis/a"} {
		if key, ok := gateway.KeyOfARN(bad); ok {
			t.Errorf("%q: %s", bad, key)
		}
	}
}

func TestQuotas(t *testing.T) {
	quotas := gateway.DefaultQuotas()
	if err := quotas.Check(); err != nil || quotas["routes"] != 300 || quotas["stages"] != 10 {
		t.Errorf("%v, %v", quotas, err)
	}
	if err := (gateway.Quotas{"apis": 0}).Check(); err != nil {
		t.Error(err)
	}
	if err := (gateway.Quotas{"houses": 1}).Check(); err == nil || !strings.Contains(err.Error(), "there is no quota 'houses', only apikeys, ") {
		t.Errorf("unknown: %v", err)
	}
	if err := (gateway.Quotas{"apis": -1}).Check(); err == nil || !strings.Contains(err.Error(), "apis is -1") {
		t.Errorf("negative: %v", err)
	}
}

func TestUpstream(t *testing.T) {
	link, _ := build(t, new(gateway.VPCLinkV1), `{"name":"v","tags":{"gangway:upstream":"b:80"}}`).(*gateway.VPCLinkV1)
	if link.Upstream() != "b:80" || link.Status != "AVAILABLE" || (&gateway.VPCLinkV1{}).Upstream() != "" {
		t.Errorf("%+v", link)
	}
}
