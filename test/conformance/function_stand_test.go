package conformance_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// stand is the real program with functions behind it. Its API is that of the last [stand.define].
type stand struct {
	*builder
	*lambdaAPI
	api *deployed
}

// newStand starts the program, told by its environment alone where functions are and with whose key to call them.
func newStand(t *testing.T) *stand {
	t.Helper()
	l := newLambdaAPI(t)
	ownEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", l.caller.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", l.caller.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", l.caller.SessionToken)
	t.Setenv("GANGWAY_LAMBDA_ENDPOINT", l.URL)
	return &stand{builder: &builder{startProgram(t, t.TempDir()).server, "http://127.0.0.1:9"}, lambdaAPI: l}
}

// ownEnvironment keeps the settings of AWS that this machine happens to have from the programs of a test.
func ownEnvironment(t *testing.T) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
	} {
		t.Setenv(name, value)
	}
}

// define makes the API what a definition says.
func (s *stand) define(t *testing.T, text string) {
	t.Helper()
	made, err := s.apply(t.Context(), s.api, []byte(text))
	must(t, err)
	s.api = made
}

// url is where clients find a stage.
func (s *stand) url(stage string) string { return s.data + "/" + s.api.id + "/" + stage }

// connect opens the connection of a client that calls itself by a name.
func (s *stand) connect(t *testing.T, query string) *client {
	t.Helper()
	return s.connectTo(t, s.url(s.api.stage)+query)
}

func (*stand) connectTo(t *testing.T, url string) *client {
	t.Helper()
	c, _, err := dial(t.Context(), handshake{url: url, header: http.Header{"User-Agent": {"alice"}}})
	must(t, err)
	t.Cleanup(c.drop)
	return c
}

// wantMatch wants the next item to be a text, in which … stands for anything.
func (c *client) wantMatch(t *testing.T, wanted string) string {
	t.Helper()
	got, err := c.next()
	if err != nil || !matches(wanted, got) {
		t.Errorf("the client got %.300q, %v; expected %.300q", got, err, wanted)
	}
	return got
}

// wantEnded is the next invocation that has left a result.
func (l *lambdaAPI) wantEnded(t *testing.T) *invoked {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case in := <-l.ended:
		return in
	case <-late.C:
		t.Fatal("no function has been invoked")
		return nil
	}
}

// body is the member body of what a function of a proxy integration has returned.
func (in *invoked) body(t *testing.T) string {
	t.Helper()
	var returned struct{ Body string }
	if err := json.Unmarshal(in.result, &returned); err != nil || in.failure != "" {
		t.Fatalf("%s has ended %q with %s: %s", in.name, in.failure, in.result, in.log)
	}
	return returned.Body
}
