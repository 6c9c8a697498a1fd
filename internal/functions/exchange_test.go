package functions_test

import (
	"strings"
	"testing"

	"gangway/internal/functions"
)

// TestPlainRuntime: a runtime may be a few lines that know little of HTTP: it asks by HTTP/1.0, reads until the connection ends, expects to be
// told to go on, and sends chunks (RFC 9112, sections 7.1 and 9.6; RFC 9110, section 10.1.1). Events of any length come as they are.
func TestPlainRuntime(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "plain", "plain"))
	for _, event := range []string{"1", `"` + strings.Repeat("x", 100_000) + `"`, "{}"} {
		if got := s.ok("plain", event); got != event {
			t.Errorf("an event of %d bytes has become one of %d", len(event), len(got))
		}
	}
	if line := s.line("202 Accepted", 1); !strings.Contains(line.Text, "Connection: close") || !strings.HasSuffix(line.Text, `{"status":"OK"}`) {
		t.Errorf("%+v", line)
	}
}
