package functions

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// latest is the one version there is.
const latest = "$LATEST"

// An invocation is one event on its way through a process.
type invocation struct {
	id, arn string
	trace   string // X-Amzn-Trace-Id
	client  string // client context, JSON
	event   []byte
	tail    *tail         // nil: nobody asked for the end of the log
	answer  chan *outcome // has room for the one there is

	// Guarded by the process that has it.
	given     time.Time // when a process that was there got it
	begun     time.Time // when the process took it
	responded time.Time
	settled   bool // the answer is on its way
	concluded bool // END and REPORT are written
}

func newInvocation(arn string, event []byte, trace string) *invocation {
	if trace == "" {
		trace = newTrace()
	}
	return &invocation{id: gateway.NewUUID(), arn: arn, trace: trace, event: event, answer: make(chan *outcome, 1)}
}

// unhandled is how Lambda calls a function's end with an error.
const unhandled = "Unhandled"

// An outcome is what became of an invocation.
type outcome struct {
	body   []byte
	failed bool
	untook bool // the process ended before it took the invocation: another may have it
}

// failure is an outcome as Lambda words its own.
func failure(kind, message string, trace ...string) *outcome {
	body, err := json.Marshal(struct {
		Type    string   `json:"errorType"`
		Message string   `json:"errorMessage"`
		Trace   []string `json:"stackTrace,omitempty"`
	}{kind, message, trace})
	if err != nil { // strings always encode
		body = []byte("{}")
	}
	return &outcome{body: body, failed: true}
}

// failed words an end that no runtime reported.
func (inv *invocation) failed(kind, message string) *outcome {
	return failure(kind, fmt.Sprintf("RequestId: %s Error: %s", inv.id, message))
}

// A tail keeps the end of a log: "X-Amz-Log-Result: the last 4 KB of the execution log".
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, line...), '\n')
	if excess := len(t.text) - tailSize; excess > 0 {
		t.text = append(t.text[:0], t.text[excess:]...)
	}
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.text...)
}
