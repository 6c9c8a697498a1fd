package program_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A player is the backend of the golden cases: it answers what it is told, and writes down what it is asked.
type player struct {
	mu      sync.Mutex
	answer  string
	written strings.Builder
}

// play says what to answer from now on, and begins to write anew.
func (p *player) play(answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
	p.written.Reset()
}

// seen are the requests since play.
func (p *player) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// ServeHTTP implements http.Handler.
func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text := describe(r)
	p.mu.Lock()
	p.written.WriteString(text)
	said := p.answer
	p.mu.Unlock()
	switch strings.TrimSpace(said) {
	case "hang":
		<-r.Context().Done()
	case "abort":
		panic(http.ErrAbortHandler)
	default:
		answer(w, said)
	}
}

// describe is a request; of an invocation, only what is the gateway's and not the SDK's.
func describe(r *http.Request) string {
	var b strings.Builder
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.RequestURI)
	if strings.HasPrefix(r.URL.Path, "/2015-03-31/") {
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") == nil {
			body = pretty.Bytes()
		}
		if kind := r.Header.Get("X-Amz-Invocation-Type"); kind == "Event" {
			fmt.Fprintf(&b, "X-Amz-Invocation-Type: %s\n", kind)
		}
	} else {
		names := make([]string, 0, len(r.Header))
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "Host: %s\n", r.Host)
		for _, name := range names {
			fmt.Fprintf(&b, "%s: %s\n", name, ofDay.ReplaceAllString(strings.Join(r.Header[name], " | "), "${1}..."))
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	return b.String()
}

// ofDay is what of a signature is another every day.
var ofDay = regexp.MustCompile(`(^|/|Signature=)(\d{8}T\d{6}Z|\d{8}|[0-9a-f]{64})\b`)

// answer writes an answer: a line with the status, lines of the header, an empty line, and the body up to the last
// newline; in base64, if the line with the status says so.
func answer(w http.ResponseWriter, text string) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		w.Header().Add(name, value)
	}
	code, encoding, _ := strings.Cut(lines[0], " ")
	body = strings.TrimSuffix(body, "\n")
	if encoding == "base64" {
		decoded, _ := base64.StdEncoding.DecodeString(body)
		body = string(decoded)
	}
	status, err := strconv.Atoi(code)
	if err != nil {
		status = http.StatusTeapot // the case has no backend
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
