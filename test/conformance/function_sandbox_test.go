package conformance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"gangway/test/executable"
)

// sandbox is a process with a function in it, and the Runtime API that the process asks for work: "Using the Lambda runtime
// API for custom runtimes" in the AWS Lambda developer guide. It has one invocation at a time.
type sandbox struct {
	*httptest.Server
	command *exec.Cmd
	output  *executable.Screen
	work    chan *invoked
	results chan func(*invoked) // what a result is for the invocation
	exited  chan struct{}

	mu      sync.Mutex // guards current
	current string     // id of the invocation at work
}

// newSandbox starts the process of a function.
func newSandbox(in *invoked) (*sandbox, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		output: executable.NewScreen(), work: make(chan *invoked),
		results: make(chan func(*invoked), 1), exited: make(chan struct{}),
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.next)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.response)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.failure)
	s.Server = httptest.NewServer(routes)
	s.command = exec.Command(path, "-test.run=^TestFunctions$")
	s.command.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + s.Listener.Addr().String(), "_HANDLER=" + in.handler(), "AWS_REGION=" + in.region,
		"AWS_LAMBDA_FUNCTION_NAME=" + in.name, "AWS_LAMBDA_FUNCTION_VERSION=" + in.version, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_EC2_METADATA_DISABLED=true",
	}, in.function.env...)
	s.command.Stdout, s.command.Stderr = s.output, s.output
	if err := s.command.Start(); err != nil {
		s.Close()
		return nil, err
	}
	go func() {
		_ = s.command.Wait() // how it ended, its output says
		close(s.exited)
	}()
	return s, nil
}

// close ends the process.
func (s *sandbox) close() {
	_ = s.command.Process.Kill()
	<-s.exited
	s.CloseClientConnections()
	s.Close()
}

// run has an invocation done. If the process has ended before it took the invocation, took is false.
func (s *sandbox) run(over <-chan struct{}, in *invoked) (took bool) {
	before := len(s.output.String())
	select {
	case s.work <- in:
	case <-s.exited:
		return false
	case <-over:
		in.fail("Runtime.Unknown", "the test is over")
		return true
	}
	s.await(over, in)
	in.log = "START RequestId: " + in.id + " Version: " + in.version + "\n" + s.output.String()[before:] + "END RequestId: " + in.id + "\n"
	return true
}

// await waits for what becomes of an invocation.
func (s *sandbox) await(over <-chan struct{}, in *invoked) {
	timer := time.NewTimer(in.limit())
	defer timer.Stop()
	select {
	case settle := <-s.results:
		settle(in)
	case <-timer.C:
		in.fail("Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", in.limit().Seconds()))
		_ = s.command.Process.Kill()
	case <-over:
		in.fail("Runtime.Unknown", "the test is over")
	case <-s.exited:
		select {
		case settle := <-s.results: // it has answered before
			settle(in)
		default:
			in.fail("Runtime.ExitError", "Runtime exited with error: "+s.command.ProcessState.String())
		}
	}
}

func (in *invoked) limit() time.Duration {
	if in.function.timeout == 0 {
		return patience
	}
	return in.function.timeout
}

// next gives work to the process, which waits for it here.
func (s *sandbox) next(w http.ResponseWriter, r *http.Request) {
	select {
	case in := <-s.work:
		s.mu.Lock()
		s.current = in.id
		s.mu.Unlock()
		header := w.Header()
		header.Set("Lambda-Runtime-Aws-Request-Id", in.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(in.limit()).UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", in.arn())
		header.Set("Lambda-Runtime-Trace-Id", in.header.Get("X-Amzn-Trace-Id"))
		_, _ = w.Write(in.event) // the process has ended if this fails
	case <-r.Context().Done():
	}
}

// response takes what the handler has returned.
func (s *sandbox) response(w http.ResponseWriter, r *http.Request) {
	s.settle(w, r, func(in *invoked, body []byte) { in.result = body })
}

// failure takes the error that the handler has ended with.
func (s *sandbox) failure(w http.ResponseWriter, r *http.Request) {
	s.settle(w, r, func(in *invoked, body []byte) {
		in.result, in.failure = body, "Unhandled"
		if in.function.handled {
			in.failure = "Handled"
		}
	})
}

func (s *sandbox) settle(w http.ResponseWriter, r *http.Request, with func(*invoked, []byte)) {
	const quota = 6<<20 + 100 // "Lambda quotas" in the developer guide
	body, err := io.ReadAll(io.LimitReader(r.Body, quota+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || r.PathValue("id") != s.current {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.current = ""
	if len(body) > quota {
		s.results <- func(in *invoked) {
			in.fail("Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", quota))
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	s.results <- func(in *invoked) { with(in, body) }
	w.WriteHeader(http.StatusAccepted)
}
