package node_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/node"
	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

// diary is a log that tests read.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) log() *slog.Logger { return slog.New(slog.NewTextHandler(d, nil)) }

// take returns what was logged since the last time.
func (d *diary) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.text.Reset()
	return d.text.String()
}

// followed is a node with an API whose stage prod says pong.
type followed struct {
	*node.Node
	t     *testing.T
	key   sigv4.Key
	api   string
	diary diary

	portable bool
}

func (f *followed) start(dir string) {
	f.t.Helper()
	var err error
	f.Node, err = node.Start(f.t.Context(), node.Config{
		DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Region: region, Log: f.diary.log(),
		StageLogs: journal.Config{Dir: f.t.TempDir()}, Portable: f.portable,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = f.Shutdown(f.t.Context()) })
	if f.key, err = node.ReadCredentials(dir); err != nil {
		f.t.Fatal(err)
	}
}

func follow(t *testing.T, dir string) *followed {
	t.Helper()
	f := &followed{t: t}
	f.begin(dir)
	return f
}

func (f *followed) begin(dir string) {
	f.t.Helper()
	f.start(dir)
	f.api = f.do(http.MethodPost, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, "apiId")
	path := "/v2/apis/" + f.api
	id := f.do(http.MethodPost, path+"/integrations", `{"integrationType":"MOCK","requestTemplates":{"$default":"{\"statusCode\":200}"}}`, "integrationId")
	f.do(http.MethodPost, path+"/integrations/"+id+"/integrationresponses", `{"integrationResponseKey":"$default","responseTemplates":{"$default":"pong"}}`, "")
	route := f.do(http.MethodPost, path+"/routes", `{"routeKey":"$default","target":"integrations/`+id+`"}`, "routeId")
	f.do(http.MethodPost, path+"/routes/"+route+"/routeresponses", `{"routeResponseKey":"$default"}`, "")
	deployment := f.do(http.MethodPost, path+"/deployments", `{}`, "deploymentId")
	f.do(http.MethodPost, path+"/stages", `{"stageName":"prod","deploymentId":"`+deployment+`"}`, "")
}

// do calls the control plane, and returns a member of what it answers.
func (f *followed) do(method, path, body, member string) string {
	f.t.Helper()
	status, answer := call(f.t, f.key, "apigateway", method, f.AdminURL()+path, body)
	if status >= http.StatusBadRequest {
		f.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	text, _ := answer[member].(string)
	return text
}

func (f *followed) stage() gateway.Key {
	return gateway.StageKey{API: f.api, Stage: "prod"}.Key()
}

// restore changes an object as no client can any more.
func restore[T any](f *followed, key gateway.Key, change func(*T)) {
	f.t.Helper()
	err := f.Objects().Update(f.t.Context(), cluster.Author{}, func(tx *cluster.Tx) error {
		var stored T
		object, _ := tx.Get(key)
		if err := json.Unmarshal(object.Value, &stored); err != nil {
			return err
		}
		change(&stored)
		return tx.Put(key, stored)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// dial connects a client, or says with which status it is refused.
func (f *followed) dial(heard listener, header http.Header) (conn *websocket.Conn, status int) {
	f.t.Helper()
	conn, response, err := websocket.Dial(f.t.Context(), f.DataURL()+"/"+f.api+"/prod", heard, websocket.DialOptions{Header: header})
	if response == nil {
		f.t.Fatal(err)
	}
	if err == nil {
		f.t.Cleanup(func() { conn.Close(websocket.StatusNormal, "") })
	}
	return conn, response.StatusCode
}

func (f *followed) mustDial(want int) {
	f.t.Helper()
	if _, status := f.dial(make(listener, 1), nil); status != want {
		f.t.Errorf("status %d, want %d; log: %s", status, want, f.diary.take())
	}
}

func (f *followed) mustLog(texts ...string) {
	f.t.Helper()
	logged := f.diary.take()
	for _, text := range texts {
		if !strings.Contains(logged, text) {
			f.t.Errorf("the log has no %q: %s", text, logged)
		}
	}
}

// An access log that cannot be written keeps nothing else from acting.
func TestUnwritableAccessLog(t *testing.T) {
	f := follow(t, t.TempDir())
	f.diary.take()
	restore(f, f.stage(), func(s *gateway.Stage) {
		s.AccessLogSettings = &gateway.AccessLogSettings{DestinationARN: "arn:aws:logs:us-east-1:1:log-group:a b", Format: "$context.requestId"}
		s.Tags = map[string]string{"gangway:allowed-origins": "https://app.example.com"}
	})
	f.mustLog("level=ERROR", "writes no access log", "api="+f.api, "stage=prod")
	f.mustDial(http.StatusSwitchingProtocols)
	if _, status := f.dial(make(listener, 1), http.Header{"Origin": {"https://evil.example"}}); status != http.StatusForbidden {
		t.Errorf("a tag that was written with the log does not act: status %d", status)
	}
}

// Who cannot know what a definition asks for lets nobody in; who is there stays.
func TestClosedStage(t *testing.T) {
	f := follow(t, t.TempDir())
	heard := make(listener, 1)
	open, _ := f.dial(heard, nil)
	f.diary.take()
	throttled := 0.0
	for name, spoil := range map[string]func(*gateway.Stage){
		"a tag":         func(s *gateway.Stage) { s.Tags = map[string]string{"gangway:team": "chat"} },
		"a value":       func(s *gateway.Stage) { s.Tags = map[string]string{"gangway:idle-timeout": "never"} },
		"a deployment":  func(s *gateway.Stage) { s.DeploymentID = "gone" },
		"a certificate": func(s *gateway.Stage) { s.ClientCertificateID = "gone" },
	} {
		var before gateway.Stage
		restore(f, f.stage(), func(s *gateway.Stage) { before = *s; spoil(s) })
		f.mustLog("level=ERROR", "takes no clients", "api="+f.api, "stage=prod", "remedy=")
		f.mustDial(http.StatusInternalServerError)
		if err := open.Send(websocket.Text, []byte("ping"), nil); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != "pong" {
			t.Errorf("%s: who was there hears %q", name, got)
		}
		restore(f, f.stage(), func(s *gateway.Stage) { *s = before })
		f.mustDial(http.StatusSwitchingProtocols)
	}
	// A throttle acts although the stage is closed.
	restore(f, f.stage(), func(s *gateway.Stage) {
		s.Tags = map[string]string{"gangway:team": "chat"}
		s.DefaultRouteSettings.ThrottlingRateLimit, s.DefaultRouteSettings.ThrottlingBurstLimit = &throttled, new(int)
	})
	if err := open.Send(websocket.Text, []byte("ping"), nil); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; !strings.Contains(got, "Too Many Requests") {
		t.Errorf("heard %q", got)
	}
}

// Tags that an older version has stored keep clients out from the start, until they are removed.
func TestStoredTag(t *testing.T) {
	dir := t.TempDir()
	f := follow(t, dir)
	restore(f, gateway.Key("").Child("apis", f.api), func(a *gateway.API) {
		a.Tags = map[string]string{"gangway:team": "chat", "gangway:allow": "x", "owner": "y"}
	})
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.diary.take()
	f.start(dir)
	f.mustLog("level=ERROR", "takes no clients", "api="+f.api, "stage=prod", "tags of the API", "gangway:allow", "UntagResource")
	f.mustDial(http.StatusForbidden)
	arn := url.PathEscape("arn:aws:apigateway:" + region + "::/apis/" + f.api)
	f.do(http.MethodDelete, "/v2/tags/"+arn+"?tagKeys=gangway%3Ateam&tagKeys=gangway%3Aallow", "", "")
	f.mustDial(http.StatusSwitchingProtocols)
	// One whose value is not understood is mended in place.
	restore(f, f.stage(), func(s *gateway.Stage) { s.Tags = map[string]string{"gangway:idle-timeout": "never"} })
	f.mustDial(http.StatusInternalServerError)
	f.do(http.MethodPost, "/v2/tags/"+url.PathEscape("arn:aws:apigateway:"+region+"::/apis/"+f.api+"/stages/prod"), `{"tags":{"gangway:idle-timeout":"5m"}}`, "")
	f.mustDial(http.StatusSwitchingProtocols)
}

// A page of somebody else whose name resolves to this machine reads nothing.
func TestRebinding(t *testing.T) {
	n := start(t, t.TempDir())
	for host, refused := range map[string]bool{
		"evil.example": true, "evil.example:8081": true, "127.0.0.1.evil.example:8081": true, "10.0.0.1:8081": true,
		"localhost": false, "localhost:1": false, "127.0.0.1:9": false, "[::1]:8081": false, "": false,
	} {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			if status := statusOf(t, n.AdminURL(), path, host); (status == http.StatusMisdirectedRequest) != refused {
				t.Errorf("host %q, %s: status %d", host, path, status)
			}
		}
	}
}

// A custom domain whose tags are not understood may have been meant to ask clients for a certificate, so nobody gets there.
func TestDomainTags(t *testing.T) {
	f := follow(t, t.TempDir())
	const host = "partners.example.com"
	f.do(http.MethodPost, "/v2/domainnames", `{"domainName":"`+host+`","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/l"}]}`, "")
	f.do(http.MethodPost, "/v2/domainnames/"+host+"/apimappings", `{"apiId":"`+f.api+`","stage":"prod"}`, "")
	base := strings.Replace(f.DataURL(), "ws://", "http://", 1)
	served := statusOf(t, base, "/", host) // by a request that is no handshake
	if served == http.StatusForbidden {
		t.Fatal("the domain is not served")
	}
	tag := func(tags map[string]string) {
		restore(f, gateway.Key("").Child("domainnames", host), func(d *gateway.DomainName) { d.Tags = tags })
	}
	f.diary.take()
	for _, tags := range []map[string]string{{"gangway:clientca": "partners"}, {gateway.TagClientCA: "../partners"}} {
		tag(tags)
		f.mustLog("level=ERROR", "custom domain name is not served", "domain="+host, "gangway:client", "UntagResource")
		if status := statusOf(t, base, "/", host); status != http.StatusForbidden {
			t.Errorf("%v: status %d", tags, status)
		}
	}
	// No listener takes TLS here, and so nobody can show a certificate.
	tag(map[string]string{gateway.TagClientCA: "partners"})
	if status := statusOf(t, base, "/", host); status != http.StatusMisdirectedRequest {
		t.Errorf("without a certificate: status %d", status)
	}
	tag(nil)
	if status := statusOf(t, base, "/", host); status != served {
		t.Errorf("mended: status %d", status)
	}
	for unclear, want := range map[string]int{
		"[" + host + "]": http.StatusBadRequest, host + ":8080.evil.example": http.StatusBadRequest, "evil.example:x": http.StatusBadRequest,
		host + ":0": http.StatusMisdirectedRequest,
	} {
		if status := statusOf(t, base, "/"+f.api+"/prod", unclear); status != want {
			t.Errorf("host %q: status %d, expected %d", unclear, status, want)
		}
	}
}
