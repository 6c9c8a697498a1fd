package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gangway/internal/node"
	"gangway/internal/websocket"
)

// TestCases runs every case of every topic, each against a node and a backend of its own.
func TestCases(t *testing.T) {
	topics, err := filepath.Glob("*/*.txtar")
	if err != nil || len(topics) == 0 {
		t.Fatalf("no cases found: %v", err)
	}
	folders := map[string]bool{}
	for _, file := range topics {
		folders[filepath.Dir(file)] = true
	}
	for folder := range folders {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{Dir: folder, Setup: setUp, Cmds: verbs(), RequireUniqueNames: true})
		})
	}
}

// TestCasesNameTheirSource wants a public source of each case, or the word guess.
func TestCasesNameTheirSource(t *testing.T) {
	files, err := filepath.Glob("*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(?m)^# Source: \S`).Match(text) {
			t.Errorf("%s: no line \"# Source: …\"", file)
		}
	}
}

// scene is what a script acts on.
type scene struct {
	*builder
	away    *backend
	api     *deployed
	clients map[string]*client
	pending map[string]chan attempt
}

// attempt is how a handshake went.
type attempt struct {
	client *client
	header http.Header
	err    error
}

type sceneKey struct{}

// verbs are the six words of the cases.
func verbs() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*script, []string){
		"api": (*script).api, "connect": (*script).connect, "send": (*script).send, "expect": (*script).expect,
		"post": (*script).post, "backend": (*script).backend,
	}
	made := map[string]func(*testscript.TestScript, bool, []string){}
	for name, verb := range all {
		made[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s, ok := ts.Value(sceneKey{}).(*scene)
			if !ok {
				ts.Fatalf("the script has no scene")
			}
			verb(&script{ts, s, neg}, args)
		}
	}
	return made
}

// setUp starts a node and a backend. A file node.json in the case has settings of the node: limits, by their names, the
// times as texts, and the parent domain.
func setUp(env *testscript.Env) error {
	away := newBackend()
	env.Defer(away.stop)
	cfg := node.Config{DataDir: filepath.Join(env.WorkDir, ".node"), LambdaEndpoint: away.URL}
	if err := readSettings(filepath.Join(env.WorkDir, "node.json"), &cfg); err != nil {
		return err
	}
	s, stop, err := newServer(cfg)
	if err != nil {
		return err
	}
	at := &scene{builder: &builder{s, away.URL}, away: away, clients: map[string]*client{}, pending: map[string]chan attempt{}}
	env.Values[sceneKey{}] = at
	env.Defer(func() {
		away.releases()
		for _, c := range at.clients {
			c.drop()
		}
		_ = stop() // a script that failed leaves things undone
	})
	return nil
}

func readSettings(file string, cfg *node.Config) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var settings struct {
		Domain         string
		Idle, Lifetime string
		MaxMessage     int64
		QueueMessages  int
		QueueBytes     int
		Binary         bool
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		return err
	}
	cfg.Domain = settings.Domain
	cfg.Limits = websocket.Options{
		MaxMessage: settings.MaxMessage, QueueMessages: settings.QueueMessages, QueueBytes: settings.QueueBytes, Binary: settings.Binary,
	}
	for text, into := range map[string]*time.Duration{settings.Idle: &cfg.Limits.Idle, settings.Lifetime: &cfg.Limits.Lifetime} {
		if text == "" {
			continue
		}
		if *into, err = time.ParseDuration(text); err != nil {
			return err
		}
	}
	return nil
}

// script is one verb at work.
type script struct {
	*testscript.TestScript
	at  *scene
	neg bool
}

// options splits off what begins with a dash. Each option that takes a value is named; others are switches.
func (s *script) options(args []string, valued ...string) (map[string][]string, []string) {
	options := map[string][]string{}
	for len(args) > 0 && len(args[0]) > 1 && strings.HasPrefix(args[0], "-") {
		name := args[0][1:]
		args = args[1:]
		value := ""
		if slices.Contains(valued, name) {
			if len(args) == 0 {
				s.Fatalf("-%s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		options[name] = append(options[name], value)
	}
	return options, args
}

func (s *script) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.Defer(cancel)
	return ctx
}

// matches compares, where … stands for any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	ok, err := regexp.MatchString(`(?s)\A`+strings.Join(parts, ".*")+`\z`, text)
	return ok && err == nil
}

// show lets the commands stdout and ! stdout look at an answer.
func (s *script) show(a *answer) {
	_, _ = fmt.Fprintf(s.Stdout(), "%d %s\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(s.Stdout())
	_, _ = fmt.Fprintf(s.Stdout(), "\n%s\n", a.body)
}

// api FILE: makes the API what the file says, through the control plane. ! api: it is refused, and stdout says why.
func (s *script) api(args []string) {
	if len(args) != 1 {
		s.Fatalf("usage: api FILE")
	}
	made, err := s.at.apply(s.context(), s.at.api, []byte(s.ReadFile(args[0])))
	if s.neg {
		if err == nil {
			s.Fatalf("the API was made")
		}
		_, _ = fmt.Fprintln(s.Stdout(), err)
		return
	}
	s.Check(err)
	s.at.api = made
	s.Setenv("API", made.id)
}

// connect [-raw] [-later | -now] [-path PATH] [-host HOST] NAME ['Header: value' …] ['?query']: opens a connection. The
// client gives its name as User-Agent. ! connect: it is refused. stdout has the answer.
func (s *script) connect(args []string) {
	options, args := s.options(args, "path", "host")
	if len(args) == 0 {
		s.Fatalf("usage: connect [options] NAME [header or query …]")
	}
	name := args[0]
	if _, now := options["now"]; now {
		s.settle(name, <-s.at.pending[name])
		return
	}
	h := s.handshake(name, options, args[1:])
	if _, later := options["later"]; later {
		done := make(chan attempt, 1)
		s.at.pending[name] = done
		ctx := s.context()
		go func() {
			c, header, err := dial(ctx, h)
			done <- attempt{c, header, err}
		}()
		return
	}
	c, header, err := dial(s.context(), h)
	s.settle(name, attempt{c, header, err})
}

func (s *script) handshake(name string, options map[string][]string, args []string) handshake {
	target := s.at.data
	if paths, ok := options["path"]; ok {
		target += paths[0]
	} else {
		target += "/" + s.at.api.id + "/" + s.at.api.stage
	}
	h := handshake{url: target, header: http.Header{"User-Agent": {name}}}
	_, h.raw = options["raw"]
	if hosts, ok := options["host"]; ok {
		h.header["Host"] = hosts
	}
	for _, arg := range args {
		if strings.HasPrefix(arg, "?") {
			h.url += arg
			continue
		}
		field, value, _ := strings.Cut(arg, ":")
		if strings.EqualFold(field, "User-Agent") || h.raw && h.header[field] == nil {
			h.header[field] = nil
		}
		h.header[field] = append(h.header[field], strings.TrimSpace(value))
	}
	return h
}

// settle looks at how a handshake went.
func (s *script) settle(name string, a attempt) {
	refused, isRefusal := errors.AsType[*refusal](a.err)
	switch {
	case isRefusal && s.neg:
		s.show(refused.answer)
	case s.neg && a.err == nil:
		a.client.drop()
		s.Fatalf("%s is connected", name)
	case a.err != nil:
		s.Fatalf("%s cannot connect: %v", name, a.err)
	default:
		s.at.clients[name] = a.client
		s.show(&answer{status: http.StatusSwitchingProtocols, header: a.header})
	}
}

func (s *script) client(name string) *client {
	c := s.at.clients[name]
	if c == nil {
		s.Fatalf("%s is not connected", name)
	}
	return c
}

// expect NAME 'text': the next message is this; … stands for any text. expect NAME close CODE [REASON]: the connection ends
// so. expect -any NAME 'text' 'text' …: the next messages are these, in any order.
func (s *script) expect(args []string) {
	options, args := s.options(args)
	if s.neg || len(args) < 2 {
		s.Fatalf("usage: expect [-any] NAME 'text'")
	}
	c := s.client(args[0])
	wanted := []string{strings.Join(args[1:], " ")}
	if _, anyOrder := options["any"]; anyOrder {
		wanted = slices.Clone(args[1:])
	}
	for len(wanted) > 0 {
		item, err := c.next()
		if err != nil {
			s.Fatalf("%s: expected %q: %v", args[0], wanted, err)
		}
		item = strings.TrimRight(item, " ")
		i := slices.IndexFunc(wanted, func(pattern string) bool { return matches(strings.TrimRight(pattern, " "), item) })
		if i < 0 {
			s.Fatalf("%s: expected %q, got %q", args[0], wanted, item)
		}
		wanted = slices.Delete(wanted, i, i+1)
		_, _ = fmt.Fprintln(s.Stdout(), item)
	}
}

// post [-get | -delete] [-id ID] [-stage NAME] [-path PATH] [-host HOST] [-unsigned] [-stranger] [-wrong] [-repeat N] NAME
// ['text']: calls the Management API for a client's connection. ! post: it is refused. stdout has the answer.
func (s *script) post(args []string) {
	options, args := s.options(args, "id", "stage", "path", "host", "repeat", "header")
	name, text := "", ""
	if len(args) > 0 {
		name = args[0]
	}
	if len(args) > 1 {
		text = strings.Repeat(args[1], s.number(options["repeat"], 1))
	}
	in := request{method: http.MethodPost, url: s.connectionURL(name, options), service: "execute-api", body: []byte(text), header: http.Header{}}
	for option, change := range map[string]func(value string){
		"get":      func(string) { in.method, in.body = http.MethodGet, nil },
		"delete":   func(string) { in.method, in.body = http.MethodDelete, nil },
		"put":      func(string) { in.method = http.MethodPut },
		"unsigned": func(string) { in.service = "" },
		"service":  func(string) { in.service = "apigateway" },
		"host":     func(host string) { in.host = host },
		"header": func(field string) {
			name, value, _ := strings.Cut(field, ": ")
			in.header[name] = []string{value}
		},
		"stranger": func(string) { key := s.at.key; key.AccessKeyID = "AKIDSTRANGER"; in.key = &key },
		"wrong":    func(string) { key := s.at.key; key.SecretAccessKey += "x"; in.key = &key },
	} {
		for _, value := range options[option] {
			change(value)
		}
	}
	got, err := s.at.do(s.context(), in)
	s.Check(err)
	s.show(got)
	if ok := got.status < 300; ok == s.neg {
		s.Fatalf("%s %s: %d %s", in.method, in.url, got.status, got.body)
	}
}

// connectionURL is the URL of a client's connection, or of what options put in its place.
func (s *script) connectionURL(name string, options map[string][]string) string {
	if path, ok := options["path"]; ok {
		id, _ := s.at.away.connectionID(name)
		return s.at.httpData() + strings.NewReplacer("API", s.at.api.id, "ID", id).Replace(path[0])
	}
	stage := s.at.api.stage
	if named, ok := options["stage"]; ok {
		stage = named[0]
	}
	if id, ok := options["id"]; ok {
		return s.at.connectionURL(s.at.api.id, stage, id[0])
	}
	id, ok := s.at.away.connectionID(name)
	if !ok {
		s.Fatalf("no backend has heard of %s yet", name)
	}
	return s.at.connectionURL(s.at.api.id, stage, id)
}
