package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gangway/internal/control"
	"gangway/internal/gateway"
	"gangway/internal/node"
)

// laboratory is a node on which every object may break.
type laboratory struct {
	*server
	dir     string
	estate  *estate
	made    int         // estates
	asked   int         // requests
	answers map[int]int // by status
}

func newLaboratory(tb testing.TB) *laboratory {
	tb.Helper()
	unlimited := gateway.Quotas{}
	for name := range gateway.DefaultQuotas() {
		unlimited[name] = 0
	}
	dir := tb.TempDir()
	s, stop, err := newServer(node.Config{DataDir: dir, Quotas: unlimited})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := stop(); err != nil {
			tb.Error(err)
		}
	})
	return &laboratory{server: s, dir: dir, answers: map[int]int{}}
}

// fresh is an estate that is whole, or nearly so: most of what is deleted at random is a request for something that is gone.
func (l *laboratory) fresh(t *testing.T) *estate {
	t.Helper()
	const wear = 25
	if l.asked%wear == 0 {
		l.made++
		l.estate = newEstate(l.server, fmt.Sprint("l", l.made)).found(t, nil)
	}
	l.asked++
	return l.estate
}

// provoke sends a request and wants of the answer what holds for all: it is no fault of the server; a refusal looks like one of
// API Gateway's and has changed nothing, nor has a question; and what succeeds has the status of its row.
func (l *laboratory) provoke(t *testing.T, row *control.Operation, in request) {
	t.Helper()
	before := revision(t, l.dir)
	got, err := l.do(t.Context(), in)
	must(t, err)
	l.answers[got.status]++
	label := fmt.Sprintf("%s %s %q", in.method, in.url, in.body)
	code := got.header.Get("X-Amzn-Errortype")
	switch {
	case got.status >= 500:
		t.Errorf("%s: %d %s", label, got.status, got.body)
	case got.status >= 400:
		for _, fault := range headFaults(got.status, code, got) {
			t.Errorf("%s: %s", label, fault)
		}
		if code == "" || got.header.Get("Content-Type") != "application/json" || len(got.object()) != 1 {
			t.Errorf("%s: %v %s", label, got.header, got.body)
		}
	case row != nil && got.status != row.Status:
		t.Errorf("%s: %d %s, expected %d", label, got.status, got.body, row.Status)
	case len(got.body) > 0 && !json.Valid(got.body):
		t.Errorf("%s: %s", label, got.body)
	}
	if (got.status >= 400 || in.method == get) && revision(t, l.dir) != before {
		t.Errorf("%s: %d %s, and something was written", label, got.status, got.body)
	}
}

// attemptAt is what a random request is made of.
type attemptAt struct {
	row    *control.Operation
	wrong  uint8  // which parameters of the path are replaced, bit by bit
	id     string // by this
	query  string
	body   []byte
	estate *estate
}

// request is the attempt as it is sent. Automatic deployments come after the answer, and would look like the work of the next
// request, so none are asked for.
func (a *attemptAt) request() request {
	values := maps.Clone(a.estate.values)
	for i, parameter := range placeholder.FindAllString(a.row.Path, -1) {
		if a.wrong>>i&1 == 1 && a.id != "" {
			values[strings.Trim(parameter, "{}")] = a.id
		}
	}
	in := (&estate{a.estate.server, values}).request(a.row, deed{})
	query := url.Values{}
	if parsed, err := url.ParseQuery(a.query); err == nil {
		query = parsed
	}
	if base, fixed, ok := strings.Cut(in.url, "?"); ok {
		in.url = base
		name, value, _ := strings.Cut(fixed, "=")
		query.Set(name, value)
	} else {
		query.Del("mode") // another operation
	}
	in.url += "?" + query.Encode()
	in.body = []byte(a.estate.fill(string(a.body), func(text string) string { return text }))
	var members map[string]json.RawMessage
	if json.Unmarshal(in.body, &members) == nil && members["autoDeploy"] != nil {
		delete(members, "autoDeploy")
		in.body, _ = json.Marshal(members) // it was JSON before
	}
	return in
}

// FuzzControl sends any body to any operation, by any path and with any query.
func FuzzControl(f *testing.F) {
	rows, calls := control.Operations(), everyCall()
	for i, row := range rows {
		d := calls[row.Service+" "+row.Name]
		f.Add(uint16(i), uint8(0), "x", d.query, []byte(d.body))
		f.Add(uint16(i), uint8(1), "%2F..", "maxResults=0&limit=-1", []byte(`{"tags":null,"name":1}`))
	}
	l := newLaboratory(f)
	f.Fuzz(func(t *testing.T, operation uint16, wrong uint8, id, query string, body []byte) {
		row := &rows[int(operation)%len(rows)]
		l.provoke(t, row, (&attemptAt{row, wrong, id, query, body, l.fresh(t)}).request())
	})
}

// chance makes random requests. The seed is fixed, so that a failure comes again; the fuzz target is there for what is new.
type chance struct{ *rand.Rand }

// TestRandomRequests changes at random what is right.
func TestRandomRequests(t *testing.T) {
	c := chance{rand.New(rand.NewPCG(1, 2))}
	l := newLaboratory(t)
	rows, calls := control.Operations(), everyCall()
	for range 5000 {
		row := &rows[c.IntN(len(rows))]
		if row.Method == http.MethodDelete && c.IntN(4) > 0 {
			continue // or little would be left for the others
		}
		d := calls[row.Service+" "+row.Name]
		a := &attemptAt{row: row, query: d.query, body: c.body(row, d.body), estate: l.fresh(t)}
		if c.IntN(4) == 0 {
			a.wrong, a.id = uint8(c.Uint32()), c.text()
		}
		if c.IntN(3) == 0 {
			a.query = c.query(row)
		}
		l.provoke(t, row, a.request())
	}
	for range 1000 {
		in := request{method: c.method(), url: l.admin + c.path(), service: "apigateway", body: []byte(c.text())}
		if u, err := url.Parse(in.url); err == nil && in.method == http.MethodPost && u.Path == "/" {
			continue // another service, which answers in XML
		}
		l.provoke(t, nil, in)
	}
	t.Logf("answers by status: %v", l.answers)
}

// body is a body like one that is right.
func (c chance) body(row *control.Operation, right string) []byte {
	if right == "" {
		right = "{}"
	}
	var members map[string]any
	if json.Unmarshal([]byte(right), &members) != nil || c.IntN(20) == 0 {
		return c.noise([]byte(right))
	}
	for range c.IntN(4) {
		members = c.mutate(members).(map[string]any)
	}
	for _, one := range row.Members() {
		if one.In == "body" && c.IntN(6) == 0 {
			members[one.Name] = c.value(3)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil
	}
	return text
}

// mutate changes one thing somewhere in a value.
func (c chance) mutate(value any) any {
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		if len(names) == 0 {
			return map[string]any{c.text(): c.value(2)}
		}
		name := names[c.IntN(len(names))]
		switch c.IntN(5) {
		case 0:
			delete(value, name)
		case 1:
			value[c.text()] = value[name]
		case 2:
			value[name] = c.value(3)
		default:
			value[name] = c.mutate(value[name])
		}
		return value
	case []any:
		if len(value) == 0 || c.IntN(3) == 0 {
			return append(value, c.value(2))
		}
		value[c.IntN(len(value))] = c.mutate(value[0])
		return value
	case string:
		return string(c.noise([]byte(value)))
	default:
		return c.value(1)
	}
}

// value is any JSON of a depth.
func (c chance) value(depth int) any {
	switch n := c.IntN(9); {
	case n == 0:
		return nil
	case n == 1:
		return c.IntN(2) == 0
	case n == 2:
		return []any{0, -1, 1, 29000, 1 << 40, 1e300, -0.5, json.Number("1e999")}[c.IntN(8)]
	case n == 3 && depth > 0:
		return []any{c.value(depth - 1), c.value(depth - 1)}
	case n == 4 && depth > 0:
		return map[string]any{c.text(): c.value(depth - 1), "op": "replace", "path": "/" + c.text(), "value": c.text()}
	case n == 5:
		return strings.Repeat("x", c.IntN(70000))
	case n == 6 && depth > 0:
		return strings.Repeat(`{"a":`, 2000)
	default:
		return c.text()
	}
}

// texts need care somewhere.
var texts = []string{
	"", "x", "$default", "$connect", "$request.body.action", "${request.body.x}", "${stageVariables.", "{apiId}", "{stageName}", "integrations/{integrationId}",
	"{apiId}:{stageName}", "arn:aws:iam::000000000000:role/x", "arn:::::", "http://a", "http://[", "/(/", "/./", "../..", "a/b", "%", "%2F", "%00", "\x00", "é", "\xff",
	"route.request.header.x", "integration.request.header.x", "'x'", "#set($x", "$input.path('$')", "*", "*.example.com", ".", "-", " ", "WEBSOCKET", "AWS_PROXY", "VPC_LINK",
	"CUSTOM", "NONE", "true", "12", "-1", "1e400", "NaN", "aws:x", "gangway:upstream", "null", "[]", "{}", `"`, "\\", "/apiStages/{apiId}:{stageName}/throttle/x/y/rateLimit",
}

func (c chance) text() string { return texts[c.IntN(len(texts))] }

// noise changes bytes.
func (c chance) noise(text []byte) []byte {
	text = slices.Clone(text)
	for range 1 + c.IntN(3) {
		at := c.IntN(len(text) + 1)
		switch c.IntN(3) {
		case 0:
			text = slices.Insert(text, at, []byte(c.text())...)
		case 1:
			text = text[:at]
		default:
			text = bytes.Replace(text, []byte{'"'}, []byte{byte(c.Uint32())}, 1)
		}
	}
	return text
}

// query has what the row reads, and what it does not.
func (c chance) query(row *control.Operation) string {
	query := url.Values{}
	for _, one := range row.Members() {
		if one.In == "query" && c.IntN(2) == 0 {
			query.Add(one.Name, c.text())
		}
	}
	query.Add(c.text(), c.text())
	return query.Encode()
}

func (c chance) method() string {
	return []string{get, post, patch, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace, "FOO"}[c.IntN(8)]
}

// path is made of what paths are made of.
func (c chance) path() string {
	parts := []string{
		"v2", "apis", "routes", "stages", "tags", "domainnames", "apikeys", "usageplans", "keys", "usage", "vpclinks", "restapis", "gangway", "credentials", "account", "portals",
		"", ".", "..", "%2F", "%2e%2e", "%00", "%zz", "a", "@connections", "arn:aws:apigateway:us-east-1::", "x=y",
	}
	var path strings.Builder
	for range 1 + c.IntN(6) {
		path.WriteString("/" + strings.ReplaceAll(parts[c.IntN(len(parts))], "%zz", "%25zz"))
	}
	return path.String()
}
