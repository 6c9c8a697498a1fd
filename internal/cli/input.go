package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"gangway/internal/trial"
)

// inputSettings say what is put into a template or a route.
type inputSettings struct {
	Body  string `placeholder:"FILE|TEXT" help:"The message: a file, - for standard input, or the text itself."`
	Event string `placeholder:"FILE" help:"JSON with what else an event has: connectionId, routeKey, eventType, stage, apiId, domainName, sourceIp, userAgent, user, requestId, messageId, connectedAt, requestTimeEpoch, headers and query (a name has a text or a list of texts), body, disconnectStatusCode, disconnectReason. What is not there has a value that serves for a test."`
}

// given is what the settings say of an event, and of its message.
func (c *inputSettings) given(s *Streams) (given trial.Given, body []byte, err error) {
	if given, err = c.event(s); err != nil || c.Body == "" {
		return given, nil, err
	}
	body, err = s.message(c.Body)
	return given, body, err
}

// event reads the file of --event, if there is one.
func (c *inputSettings) event(s *Streams) (given trial.Given, err error) {
	if c.Event == "" {
		return given, nil
	}
	if c.Event == standardStream && c.Body == standardStream {
		return given, errStdin
	}
	text, err := s.readFile(c.Event)
	if err != nil {
		return given, err
	}
	if err := checkObject(c.Event, text); err != nil {
		return given, err
	}
	if err := trial.Read(text, &given); err != nil {
		return given, fmt.Errorf("--event: %s: %w", c.Event, err)
	}
	return given, nil
}

// misused is an event that cannot be, by the flag that says so.
func misused(err error) error {
	if wrong, ok := errors.AsType[*trial.InputError](err); ok {
		return usagef("--%s: %s", wrong.Member, wrong.Message)
	}
	return err
}

// errStdin is a command line that wants standard input twice.
var errStdin = usagef("only one of the files can be - (standard input)")

// fileName is a text that is rather the name of a file, which may be misspelled, than a message.
var fileName = regexp.MustCompile(`^[\w./~-]+\.\w+$|^[./~]+/\S+$`)

// message is what a file has, without the line feed at its end, or else the text itself.
func (s *Streams) message(fileOrText string) ([]byte, error) {
	text, err := s.readFile(fileOrText)
	if err == nil {
		return bytes.TrimSuffix(text, []byte("\n")), nil
	}
	if !fileName.MatchString(fileOrText) {
		return []byte(fileOrText), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", field(fileOrText))
	}
	return nil, err
}

// stageVariables reads NAME=VALUE.
func stageVariables(pairs []string) (map[string]string, error) {
	variables := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("--stage-variable: expected NAME=VALUE, got %q", pair)
		}
		variables[name] = value
	}
	if err := trial.CheckVariables(variables); err != nil { // as the control plane does
		return nil, usagef("--stage-variable: %w", err)
	}
	return variables, nil
}
