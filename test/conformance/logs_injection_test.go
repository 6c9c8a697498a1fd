package conformance_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/gobwas/ws"
)

// hostileText breaks lines, colors terminals, turns the direction of text, closes strings and elements, and claims to be a line of
// another request. It is written as it stands in JSON, and as it is.
const (
	hostileJSON = `x\r\n2026-01-01T00:00:00.000Z (AAAAAAAAAAAAAAA=) forged\u001b[31m\u0000\u0085\u2028\u202e\u2066\",\"status\":\"200\"}<b>&\\`
	hostileKey  = `turned\u202e\u2066 \"}]<b>&\\` // control characters are in no route key
	hostileText = "x\r\n2026-01-01T00:00:00.000Z (AAAAAAAAAAAAAAA=) forged\x1b[31m\x00\u0085\u2028\u202e\u2066\",\"status\":\"200\"}<b>&\\"
)

// TestLogInjection has whoever can write into a log try to write more into it than one line: by a route key, a header field, a
// parameter, a message, the reason of a close frame, what an authorizer says, and what a backend answers. Source: a promise of ours;
// CWE-117, "Improper Output Neutralization for Logs".
func TestLogInjection(t *testing.T) {
	p, folder := newLogging(t, `{"routes": {"$connect": {"http": "/connect"}, "$disconnect": {"http": "/bye"}, "$default": {"http": "/echo", "reply": true},
		"throw": {"lambda": "throw", "reply": true}, "checked": {"mock": "fine", "reply": true},
		"`+hostileKey+`": {"mock": "fine", "reply": true}}}`)
	p.mustControl(t, post, "/v2/apis/"+p.api.id+"/models", `{"name":"Color","contentType":"application/json","schema":"{\"properties\":{\"color\":{\"enum\":[\"red\"]}}}"}`)
	p.guarded(t, "", "")
	p.define(t, `{"routes": {"checked": {"route": {"modelSelectionExpression": "$default", "requestModels": {"$default": "Color"}}}}}`)
	p.away.replies(func(c *call) reply {
		quoted, _ := json.Marshal(hostileText) // a text always marshals
		switch {
		case c.function() == "guard" && strings.Contains(c.body, `"who":"nobody`):
			return reply{http.StatusOK, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":` + string(quoted) + `}`}
		case c.function() == "guard":
			return reply{status: http.StatusOK, body: allowed + `,"context":{"own":` + string(quoted) + `}}`}
		case c.function() == "throw":
			return reply{http.StatusOK, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":` + string(quoted) + `}`}
		}
		return reply{http.StatusOK, http.Header{"X-Own": {"\u202eturned\u0085"}}, hostileText}
	})
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO","dataTraceEnabled":true}}`)
	const variables = `$context.eventType %[1]s $context.routeKey %[1]s $context.identity.userAgent %[1]s $context.authorizer.own %[1]s $context.error.messageString %[1]s ` +
		`$context.integration.error %[1]s $context.authorizer.error %[1]s $context.error.validationErrorString %[1]s $context.disconnectReason %[1]s $context.requestId`
	formats := map[string]string{
		"json":  `{"all":"` + fmt.Sprintf(variables, "|") + `","message":$context.error.messageString,"own":$context.authorizer.own,"reason":$context.disconnectReason,"id":"$context.requestId"}`,
		"plain": fmt.Sprintf(variables, "|"),
		"xml":   `<event><all>` + fmt.Sprintf(variables, "|") + `</all></event>`,
	}
	for name, format := range formats {
		p.logs(t, "prod", name, format)
		p.inject(t, folder, name)
	}
	for _, line := range accessLines(t, folder, "json", 8) {
		if object := map[string]any{}; json.Unmarshal([]byte(line), &object) != nil || len(object) != 5 {
			t.Errorf("a line is not the JSON of its format: %s", line)
		}
	}
	for _, line := range accessLines(t, folder, "xml", 8) {
		if element := (struct {
			All string `xml:"all"`
		}{}); xml.Unmarshal([]byte(line), &element) != nil || strings.Count(element.All, "|") != 9 {
			t.Errorf("a line is not the XML of its format: %s", line)
		}
	}
	for _, name := range filesBelow(t, folder) {
		text, err := os.ReadFile(filepath.Join(folder, name))
		must(t, err)
		wantClean(t, name, string(text))
	}
	for _, line := range p.executionLines(t, folder, "Method completed with status: 200") {
		if strings.HasPrefix(line, "forged") {
			t.Errorf("a line was forged: %s", line)
		}
	}
}

// inject has a client do its worst. Each event leaves one line.
func (p *place) inject(t *testing.T, folder, group string) {
	t.Helper()
	target := p.data + "/" + p.api.id + "/prod?who="
	header := http.Header{"User-Agent": {"agent \u202e\u2066\u0085 \"}]<b>"}, "Authorization": {"\u202eturned"}}
	if _, _, err := dial(t.Context(), handshake{url: target + "nobody%0d%0aforged%1b[31m%e2%80%ae", header: header, raw: true}); err == nil {
		t.Error("nobody is connected")
	}
	accessLines(t, folder, group, 1)
	c, _, err := dial(t.Context(), handshake{url: target + "me%0d%0aforged%1b[31m%e2%80%ae", header: header, raw: true})
	must(t, err)
	defer c.drop()
	accessLines(t, folder, group, 2)
	for i, message := range []string{
		hostileText, `{"action":"` + hostileJSON + `"}`, `{"action":"` + hostileKey + `"}`, `{"action":"throw","x":"` + hostileJSON + `"}`, `{"action":"checked","color":"` + hostileJSON + `"}`,
	} {
		must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewTextFrame([]byte(message)))))
		accessLines(t, folder, group, 3+i)
	}
	must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4000, hostileText)))))
	if lines := accessLines(t, folder, group, 8); len(lines) != 8 {
		t.Errorf("8 events have left %d lines: %q", len(lines), lines)
	}
}

// wantClean wants a text without characters that no eye sees, but for ends of lines.
func wantClean(t *testing.T, name, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%s: there is %U in %q", name, r, line)
				break
			}
		}
	}
}
