package program_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
)

// TestContent has the table of "Content type conversions in API Gateway" in the developer guide, as far as a WebSocket API
// gets: there are no binary media types, so that binary is what is not UTF-8.
func TestContent(t *testing.T) {
	const toText, toBinary = "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"
	for _, test := range []struct {
		kind, strategy string // of the integration
		sent, seen     string
		reply          string // strategy of the integration response
		template       bool
		said, got      string
		binary         bool
	}{
		{"HTTP", "", "é", "é", "", false, "é", "é", false},
		{"HTTP", toText, "é", "é", toText, false, "é", "é", false},
		{"HTTP", toBinary, "/w==", "\xff", "", false, "", "", false},
		{"HTTP", toBinary, "", "", "", false, "", "", false},
		{"HTTP", "", "\xff", "\xff", "", false, "a\xff", "a\uFFFD", false},
		{"HTTP", toText, "\xff", "/w==", toText, false, "\xff", "/w==", false},
		{"HTTP", toBinary, "\xff", "\xff", toBinary, false, "\xff", "\xff", true},
		{"HTTP", "", "a", "a", toBinary, false, "aGVsbG8=", "hello", true},
		{"HTTP", "", "a", "a", toBinary, false, "", "", true},
		{"HTTP", "", "a", "a", toBinary, true, "not base64", "\xff", true},
		{"HTTP_PROXY", "", "\xff", "\xff", "", false, "\xff", "\xff", true},
		{"HTTP_PROXY", toText, "\xff", "/w==", toBinary, false, "é", "é", false},
		{"HTTP_PROXY", toBinary, "/w==", "\xff", "", false, "", "", false},
	} {
		seen := ""
		backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			seen = string(body)
			_, _ = io.WriteString(w, test.said)
		}))
		transport := integration.NewTransport(integration.TransportOptions{})
		s := httpAPI(backend.URL, time.Minute, nil)
		def := &s.Integrations[0]
		def.IntegrationType, def.ContentHandlingStrategy, def.RequestTemplates = gateway.Kept(test.kind), test.strategy, nil
		def.Responses[0].ContentHandlingStrategy, def.Responses[0].ResponseTemplates = test.reply, nil
		if test.template {
			def.Responses[0].ResponseTemplates = gateway.Map{"$default": "/w=="}
		}
		p := compile(t, s, program.Env{HTTP: transport})
		reply, err := p.Select([]byte(test.sent)).Run(t.Context(), message(test.sent))
		if err != nil || seen != test.seen || string(reply.Body) != test.got || reply.Binary != test.binary {
			t.Errorf("%+v: the backend saw %q; got %v, %v", test, seen, reply, err)
		}
		if notes := p.Notes(); len(notes) != 0 {
			t.Errorf("%+v: notes %q", test, notes)
		}
		transport.CloseIdleConnections()
		backend.Close()
	}
}

// TestCut: a template never sees a part of an answer for the whole.
func TestCut(t *testing.T) {
	for size, want := range map[int]error{128 << 10: nil, 128<<10 + 1: gateway.ErrBadReply} {
		backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		}))
		transport := integration.NewTransport(integration.TransportOptions{})
		s := httpAPI(backend.URL, time.Minute, nil)
		s.Integrations[0].IntegrationType, s.Integrations[0].RequestTemplates = gateway.IntegrationHTTP, nil
		reply, err := compile(t, s, program.Env{HTTP: transport}).Select(nil).Run(t.Context(), message("x"))
		if !errors.Is(err, want) || want == nil && (err != nil || string(reply.Body) != "pong") {
			t.Errorf("%d bytes: got %v, %v, want %v", size, reply, err, want)
		}
		transport.CloseIdleConnections()
		backend.Close()
	}
}
