package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"gangway/internal/control"
	"gangway/internal/node"
	"gangway/internal/store"
)

// anything is the statement of a policy that allows all there is.
const anything = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// principal is who has a credential.
type principal struct {
	name, arn string
	key       aws.Credentials
}

// grant makes a credential with statements as its policy; with a duration it is one of a session.
func (s *server) grant(t *testing.T, name string, seconds int, statements ...string) *principal {
	t.Helper()
	policy := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	made := s.mustControl(t, post, "/gangway/credentials", fmt.Sprintf(`{"name":%q,"durationSeconds":%d,"policy":%s}`, name, seconds, policy))
	return &principal{name, made.text("arn"), keyOf(made)}
}

// keyOf is the access key that an answer shows.
func keyOf(made *answer) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: made.text("accessKeyId"), SecretAccessKey: made.text("secretAccessKey"), SessionToken: made.text("sessionToken"),
	}
}

// as does a request with a key.
func (s *server) as(t *testing.T, key aws.Credentials, in request) *answer {
	t.Helper()
	in.key = &key
	got, err := s.do(t.Context(), in)
	must(t, err)
	return got
}

// getAPIs is a call that everybody with a key and a policy for it can make.
func (s *server) getAPIs() request {
	return request{method: get, url: s.admin + "/v2/apis", service: "apigateway"}
}

// revision is what the log of a node on this machine says of itself: two texts that are the same mean that nothing was
// written between them.
func revision(t *testing.T, dataDir string) string {
	t.Helper()
	head, err := os.ReadFile(filepath.Join(dataDir, "head"))
	must(t, err)
	return string(head)
}

// denied is what a refusal for want of permission looks like: "Troubleshoot access denied error messages" in the IAM user guide.
func denied(t *testing.T, label string, p *principal, got *answer) {
	t.Helper()
	for _, fault := range headFaults(http.StatusForbidden, "AccessDeniedException", got) {
		t.Errorf("%s: %s", label, fault)
	}
	sentence := got.text("message")
	if !strings.HasPrefix(sentence, "User: "+p.arn+" is not authorized to perform: ") || !strings.Contains(sentence, " on resource: arn:aws:") {
		t.Errorf("%s: the refusal says %q", label, sentence)
	}
}

// TestStrangers tries every operation, served or not, without a signature, with a wrong one and with an unknown key: each is
// refused alike, none does anything, and nothing is said of what there is.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	e := newEstate(s, "a").found(t, nil)
	wrong, stranger := s.key, s.key
	wrong.SecretAccessKey += "x"
	stranger.AccessKeyID = "AKIDSTRANGER"
	before, tried := revision(t, dir), 0
	for name, d := range everyCall() {
		in := e.request(operation(t, name), d)
		for _, row := range []struct {
			code    string
			service string
			key     aws.Credentials
		}{
			{"MissingAuthenticationTokenException", "", s.key},
			{"InvalidSignatureException", "apigateway", wrong},
			{"InvalidSignatureException", "execute-api", s.key},
			{"UnrecognizedClientException", "apigateway", stranger},
		} {
			in.service = row.service
			got := s.as(t, row.key, in)
			for _, fault := range headFaults(http.StatusForbidden, row.code, got) {
				t.Errorf("%s: %s", name, fault)
			}
			tried++
		}
	}
	for _, path := range []string{"/", "/v2", "/nothing", "/restapis", "/v2/apis/" + e.values["apiId"] + "/nothing"} {
		for _, method := range []string{get, post, patch, http.MethodPut, http.MethodDelete} {
			if got := s.as(t, s.key, request{method: method, url: s.admin + path}); got.status != http.StatusForbidden {
				t.Errorf("%s %s without a signature: %d %s", method, path, got.status, got.body)
			}
		}
	}
	if revision(t, dir) != before {
		t.Error("somebody without a key has written")
	}
	t.Logf("%d calls refused", tried)
}

// TestReadOnly gives a credential that may read anything: it gets what the owner of the account gets, and can do nothing else.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	e := newEstate(s, "a").found(t, nil)
	reader := s.grant(t, "reader", 0, `{"Effect":"Allow","Action":"apigateway:GET","Resource":"*"}`)
	before, questions := revision(t, dir), 0
	for name, d := range everyCall() {
		row := operation(t, name)
		in := e.request(row, d)
		got := s.as(t, reader.key, in)
		if row.Method != get || strings.HasPrefix(row.Path, "/gangway/") {
			denied(t, name, reader, got)
			continue
		}
		questions++
		wanted := s.as(t, s.key, in)
		if got.status != wanted.status || !bytes.Equal(got.body, wanted.body) || row.Excuse() == "" && got.status != http.StatusOK {
			t.Errorf("%s: %d %s, and for the owner %d %s", name, got.status, got.body, wanted.status, wanted.body)
		}
	}
	if revision(t, dir) != before {
		t.Error("somebody who may only read has written")
	}
	t.Logf("%d questions answered", questions)
}

// TestSession gives a credential that ends: its key needs its token, and works no longer than it was given for.
func TestSession(t *testing.T) {
	s := startNode(t, node.Config{})
	long := s.grant(t, "long", 3600, anything)
	if long.key.SessionToken == "" {
		t.Fatal("a session has no token")
	}
	bare, foreign := long.key, long.key
	bare.SessionToken = ""
	foreign.SessionToken = s.grant(t, "other", 3600, anything).key.SessionToken
	for name, row := range map[string]struct {
		key    aws.Credentials
		status int
	}{
		"with its token": {long.key, http.StatusOK}, "without": {bare, http.StatusForbidden}, "with another's": {foreign, http.StatusForbidden},
	} {
		if got := s.as(t, row.key, s.getAPIs()); got.status != row.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	short := s.grant(t, "short", 2, anything)
	got := s.until(t, short.key, http.StatusForbidden)
	if code := got.header.Get("X-Amzn-Errortype"); code != "ExpiredTokenException" {
		t.Errorf("the end of a session is called %s: %s", code, got.body)
	}
}

// until asks again and again until the answer has a status.
func (s *server) until(t *testing.T, key aws.Credentials, status int) *answer {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		got := s.as(t, key, s.getAPIs())
		if got.status == status {
			return got
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("still %d %s", got.status, got.body)
		}
	}
}

// TestRotation gives a credential new keys. The old one ends at once, or after the grace that was asked for; a deleted one ends
// at once, and so do both keys of one.
func TestRotation(t *testing.T) {
	s := startNode(t, node.Config{})
	p := s.grant(t, "p", 0, anything)
	works := func(label string, key aws.Credentials, wanted bool) {
		t.Helper()
		got := s.as(t, key, s.getAPIs())
		if got.status == http.StatusOK != wanted {
			t.Errorf("%s: %d %s", label, got.status, got.body)
		}
		if code := got.header.Get("X-Amzn-Errortype"); !wanted && code != "UnrecognizedClientException" {
			t.Errorf("%s: %s", label, code)
		}
	}
	rotated := func(body string) aws.Credentials {
		return keyOf(s.mustControl(t, post, "/gangway/credentials/p/rotation", body))
	}
	second := rotated(`{}`)
	works("the first key after a rotation without grace", p.key, false)
	works("the second key", second, true)
	third := rotated(`{"graceSeconds":3600}`)
	works("the second key after a rotation with grace", second, true)
	works("the third key", third, true)
	fourth := rotated(`{"graceSeconds":2}`)
	works("the second key after two rotations", second, false)
	works("the fourth key", fourth, true)
	s.until(t, third, http.StatusForbidden)
	works("the fourth key after the grace of the third", fourth, true)
	fifth := rotated(`{"graceSeconds":3600}`)
	sixth := rotated(`{}`)
	works("the fourth key after a rotation with grace and one without", fourth, false)
	works("the fifth key", fifth, false)
	seventh := rotated(`{"graceSeconds":3600}`)
	works("the sixth key", sixth, true)
	s.mustControl(t, http.MethodDelete, "/gangway/credentials/p", nil)
	works("the sixth key of a deleted credential", sixth, false)
	works("the seventh", seventh, false)
}

// TestAudit reads the log of a node that has stopped: every write is there, with who made it and by which operation.
func TestAudit(t *testing.T) {
	dir := t.TempDir()
	s, stop, err := newServer(node.Config{DataDir: dir})
	must(t, err)
	e := newEstate(s, "a").found(t, nil)
	p := s.grant(t, "writer", 0, anything)
	s.key = p.key
	var wanted []string
	for _, d := range deeds() {
		e.do(t, d, func(row *control.Operation, _ *answer) {
			if row.Method != get && !slices.Contains([]string{"DeleteCorsConfiguration", "ResetAuthorizersCache", "CheckText", "TestRoute", "RenderTemplate", "ImportTemplate"}, row.Name) {
				wanted = append(wanted, row.Name)
			}
		})
	}
	must(t, stop())
	log, err := store.Open(t.Context(), dir)
	must(t, err)
	defer func() { _ = log.Close() }()
	var written []string
	for record, err := range log.Replay(t.Context()) {
		must(t, err)
		if record.Principal == "" || record.Operation == "" || record.Time.IsZero() || len(record.Changes) == 0 {
			t.Errorf("record %d is by %q, %q", record.Revision, record.Principal, record.Operation)
		}
		if record.Principal == p.arn+" "+p.key.AccessKeyID {
			written = append(written, record.Operation)
		}
	}
	if !slices.Equal(written, wanted) {
		text, _ := json.Marshal(map[string][]string{"written": written, "wanted": wanted})
		t.Errorf("the log says otherwise: %s", text)
	}
}
