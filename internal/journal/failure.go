package journal

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// failures are the words of the service for kinds of error, as execution logs have them; after a colon, more is to be said.
var failures = []struct {
	kind error
	text string
}{
	{gateway.ErrTimeout, "Execution failed due to a timeout error"},
	{gateway.ErrUnreachable, "Execution failed due to a network error communicating with endpoint: "},
	{gateway.ErrConfiguration, "Execution failed due to configuration error: "},
	{gateway.ErrBadReply, "Execution failed due to configuration error: "},
	{gateway.ErrUnavailable, "Execution failed due to a network error communicating with endpoint: "},
}

// failureText says what went wrong with a backend.
func failureText(r *gateway.Record, err error) string {
	for _, f := range failures {
		if !errors.Is(err, f.kind) {
			continue
		}
		if !strings.HasSuffix(f.text, ": ") {
			return f.text
		}
		return f.text + errorText(r, err)
	}
	return "Execution failed due to an internal error: " + errorText(r, err)
}

// Discreet is what may stand in any log of an error about an event: backends like to repeat what they were told, also in their
// errors.
func Discreet(e *gateway.Event, err error) string { return errorText(&gateway.Record{Event: e}, err) }

// Later is Discreet for a line that may not be logged: it is worked out when it is.
func Later(e *gateway.Event, err error) slog.LogValuer { return later{e, err} }

type later struct {
	event *gateway.Event
	err   error
}

// LogValue implements [slog.LogValuer].
func (l later) LogValue() slog.Value { return slog.StringValue(Discreet(l.event, l.err)) }

// errorText is an error without secrets.
func errorText(r *gateway.Record, err error) string { return discreet(r, err.Error()) }

// harmless are header fields that prove nothing, and often are what is wrong.
var harmless = []string{"Host", "Origin", "User-Agent", "Upgrade", "Connection", "Sec-WebSocket-Version", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port"}

// discreet is a text about an error without secrets: nothing is left in it that the client has sent in a handshake, because it
// is not known here which of that the authorizers of the API read. Only the first line is shown: what is wrong with a signature is
// told with the whole request below. What is shown is less than what secrets are looked for in.
func discreet(r *gateway.Record, text string) string {
	first, _, _ := strings.Cut(text, "\n")
	shown := []byte(cut(first, window))
	secrets := bare.secrets(r)
	for _, params := range []gateway.Params{r.Event.Header, r.Event.Query} {
		for _, p := range params {
			if len(p.Value) >= leastSecret && !isHarmless(p.Name) && !bare.hides(p.Name) { // or it is among them
				parts(p.Value, &betweenWords, secrets.long.add)
			}
		}
	}
	bare.hide(shown, secrets)
	return cut(string(shown), maxValue)
}

func isHarmless(name string) bool {
	return slices.ContainsFunc(harmless, func(one string) bool { return strings.EqualFold(one, name) })
}
