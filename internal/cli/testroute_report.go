package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gangway/internal/trial"
)

// routeReport tells how a message went: a line for each step, "step: what came of it", and what is longer indented below.
type routeReport struct {
	out  *Streams
	text strings.Builder // what is not printed yet
}

// flush prints what there is to say.
func (r *routeReport) flush() error {
	text := r.text.String()
	r.text.Reset()
	return r.out.printf("%s", printable(text))
}

func (r *routeReport) step(name, format string, args ...any) {
	fmt.Fprintf(&r.text, "%s: %s\n", name, fmt.Sprintf(format, args...))
}

// indented writes a text below a step.
func (r *routeReport) indented(body []byte) {
	if !utf8.Valid(body) {
		fmt.Fprintf(&r.text, "    (%d bytes that are no text)\n", len(body))
		return
	}
	for line := range strings.Lines(string(body)) {
		fmt.Fprintf(&r.text, "    %s\n", strings.TrimSuffix(line, "\n"))
	}
}

func (r *routeReport) header(fields []trial.Pair) {
	for _, field := range fields {
		fmt.Fprintf(&r.text, "    %s: %s\n", field.Name, oneLine(field.Value))
	}
}

// tell takes down what came of a step. Whoever is to be called is printed first.
func (r *routeReport) tell(s *trial.Step) error {
	switch of := s.Detail.(type) {
	case *trial.Selection:
		r.selection(of)
	case *trial.Validation:
		r.validation(of)
	case *trial.Mapping:
		r.mapping(of)
	case *trial.Request:
		r.request(of)
		if of.Called != nil {
			r.callee(of.Called)
			return r.flush()
		}
	case *trial.Response:
		r.response(of)
	case *trial.Reply:
		r.reply(s.Title, of)
	}
	return nil
}

// selection tells which route it is, why, and what decides before it runs, and is not asked here.
func (r *routeReport) selection(of *trial.Selection) {
	why := fmt.Sprintf("%s is %s", of.Expression, field(of.Value))
	if of.Err != nil {
		why = fmt.Sprintf("%s has no value: %v", of.Expression, of.Err)
	}
	switch {
	case of.Named:
		r.step("route", "%s, as it was named", field(of.RouteKey))
	case of.RouteKey == "":
		r.step("route", "none (%s; the keys are %s)", why, fields(of.Keys, ", "))
	default:
		r.step("route", "%s (%s)", field(of.RouteKey), why)
	}
	for _, note := range of.Notes {
		r.step("note", "%s", oneLine(note))
	}
	if of.Authorizer != "" {
		r.step("authorization", "%s (nobody is asked in a test)", of.Authorizer)
	}
}

func (r *routeReport) validation(of *trial.Validation) {
	findings := ""
	if of.Findings != "" {
		findings = ": " + oneLine(of.Findings)
	}
	switch {
	case of.Key == "":
		r.step("model", "none is selected, and none is $default")
	case of.Valid:
		r.step("model", "%s (key %s): the message is valid", field(of.Model), field(of.Key))
	default:
		r.step("model", "%s (key %s): the message is not valid%s", field(of.Model), field(of.Key), findings)
	}
}

func (r *routeReport) mapping(of *trial.Mapping) {
	if of.Template != "" {
		r.step("request template", "%s", field(of.Template))
	}
	r.mapped("header", of.Header)
	r.mapped("query", of.Query)
	r.mapped("path", of.Path)
}

func (r *routeReport) mapped(place string, params []trial.Pair) {
	for _, param := range params {
		r.step("mapped "+place, "%s = %s", field(param.Name), field(param.Value))
	}
}

// request tells what the backend would get.
func (r *routeReport) request(of *trial.Request) {
	name := fmt.Sprintf("integration %s, %s", of.Integration, of.Type)
	if of.Link != "" {
		name += ", through VPC link " + of.Link
	}
	switch {
	case of.Integration == "":
		return
	case of.None && of.Rendered:
		r.step("request", "none (%s); the template made:", name)
	case of.None:
		r.step("request", "none (%s)", name)
	case of.Function != "":
		if of.Invocation != "" {
			name += ", " + of.Invocation
		}
		r.step("request", "invoke %s (%s)", of.Function, name)
	default:
		if of.Service != "" {
			name += ", the service " + of.Service + " of AWS, signed"
		}
		r.step("request", "%s %s (%s)", of.Method, printable(of.URL), name)
		r.header(of.Header)
		if len(of.Body) > 0 {
			r.text.WriteByte('\n')
		}
	}
	r.indented(of.Body)
}

func (r *routeReport) callee(of *trial.Callee) {
	if of.Missing != "" {
		r.step("call", "none: there is no VPC link %s", field(of.Missing))
		return
	}
	r.step("call", "%s (from this machine, for %s at most)", of.Who, of.Timeout)
}

// shownBody is how much of an answer is shown, in bytes. The reply is shown as a whole.
const shownBody = 4 << 10

// response tells what the backend has answered, if it was called, and which integration response takes that.
func (r *routeReport) response(of *trial.Response) {
	switch {
	case !of.Called:
	case of.None:
		r.step("answer", "none that is of use, after %s", of.Took)
	case of.Function && of.Failure != "":
		r.step("answer", "the function has failed, after %s: %s", of.Took, oneLine(of.Failure))
	case of.Function:
		r.step("answer", "status %d of the function, after %s", of.Status, of.Took)
	default:
		r.step("answer", "status %d, after %s", of.Status, of.Took)
	}
	if of.Called {
		r.header(of.Header)
		r.answer(of)
	}
	if of.Key != "" {
		r.step("integration response", "%s", oneLine(of.Key))
	}
}

// answer is the body of what the backend has answered.
func (r *routeReport) answer(of *trial.Response) {
	if len(of.Body) == 0 {
		return
	}
	if len(of.Header) > 0 {
		r.text.WriteByte('\n')
	}
	shown := beginning(of.Body)
	r.indented(shown)
	if rest := len(of.Body) - len(shown); rest > 0 {
		r.indented([]byte("(and " + strconv.Itoa(rest) + " bytes more)"))
	}
}

// beginning is the part of a body that is shown, without half a character at its end.
func beginning(body []byte) []byte {
	if len(body) <= shownBody || !utf8.Valid(body) {
		return body
	}
	end := shownBody
	for !utf8.RuneStart(body[end]) {
		end--
	}
	return body[:end]
}

// reply tells what the client gets.
func (r *routeReport) reply(title string, of *trial.Reply) {
	if of.Unknown {
		title = "not known: give what the backend answers with --reply, or ask it with --call"
	}
	r.step("reply", "%s", title)
	if of.Subprotocol != "" {
		r.step("subprotocol", "%s", of.Subprotocol)
	}
	r.indented(of.Body)
}
