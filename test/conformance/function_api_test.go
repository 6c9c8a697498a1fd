package conformance_test

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// account is whose functions there are.
const account = "000000000000"

// lambdaAPI is Lambda as a caller knows it: its Invoke API ("Invoke" in the AWS Lambda API reference), with functions behind
// it that are processes of aws-lambda-go. What Lambda does beyond one invocation (retries of asynchronous ones, destinations,
// streaming) it does not.
type lambdaAPI struct {
	*httptest.Server
	caller aws.Credentials // whose signatures are taken
	ended  chan *invoked   // those that have left a result, in that order
	over   chan struct{}   // closed when the server ends

	mu        sync.Mutex // guards what follows
	functions map[string]*lambdaFunction
	all       []*sandbox
	idle      map[string][]*sandbox // by function and version
}

// lambdaFunction is a function as it is configured.
type lambdaFunction struct {
	handler  string            // of the version $LATEST
	versions map[string]string // handlers of published versions
	aliases  map[string]string // versions by alias
	timeout  time.Duration     // 0: patience
	env      []string
	stopped  bool // its reserved concurrency is 0
	private  bool // nobody may invoke it
	handled  bool // its runtime says of errors that they are handled, as old ones did
}

// invoked is one call of a function.
type invoked struct {
	id, region, name, qualifier string
	kind                        string // X-Amz-Invocation-Type
	logs                        bool   // wants the end of the log
	event                       []byte
	header                      http.Header

	function *lambdaFunction
	version  string
	result   []byte
	failure  string // X-Amz-Function-Error
	log      string
}

// lambdaError is an answer of the service itself.
type lambdaError struct {
	status        int
	kind, message string
}

// Error implements error.
func (r *lambdaError) Error() string { return r.kind + ": " + r.message }

// newLambdaAPI starts one, until the test ends.
func newLambdaAPI(t *testing.T) *lambdaAPI {
	t.Helper()
	l := &lambdaAPI{
		caller:    aws.Credentials{AccessKeyID: "AKIDLAMBDA", SecretAccessKey: "the-secret-of-the-gateway", SessionToken: "of/a=role+"},
		ended:     make(chan *invoked, 4096),
		over:      make(chan struct{}),
		functions: map[string]*lambdaFunction{}, idle: map[string][]*sandbox{},
	}
	l.Server = httptest.NewServer(l)
	t.Cleanup(func() {
		close(l.over)
		l.CloseClientConnections()
		l.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, s := range l.all {
			s.close()
		}
	})
	return l
}

// create makes a function, or changes it.
func (l *lambdaAPI) create(name string, f *lambdaFunction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.functions[name] = f
}

// ServeHTTP implements http.Handler.
func (l *lambdaAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &invoked{id: newUUID(), header: r.Header.Clone()}
	w.Header().Set("X-Amzn-Requestid", in.id)
	w.Header().Set("Content-Type", "application/json")
	err := l.read(in, r)
	if err == nil {
		l.answer(w, in)
		return
	}
	refused, ok := errors.AsType[*lambdaError](err)
	if !ok {
		refused = &lambdaError{http.StatusInternalServerError, "ServiceException", err.Error()}
	}
	w.Header().Set("X-Amzn-Errortype", refused.kind)
	w.WriteHeader(refused.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "Message": refused.message}) // the caller has left if this fails
}

// newUUID is an id as requests and invocations have it.
func newUUID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// read finds out what is asked, by whom, and whether it may be.
func (l *lambdaAPI) read(in *invoked, r *http.Request) error {
	const quota = 6 << 20 // "Lambda quotas" in the developer guide
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, quota))
	if err != nil {
		return &lambdaError{http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error()}
	}
	in.event = body
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), invocations)
	name, action, _ := strings.Cut(path, "/")
	if !ok || action != "invocations" || r.Method != http.MethodPost {
		return &lambdaError{http.StatusNotFound, "UnknownOperationException", "no such operation: " + r.Method + " " + r.URL.Path}
	}
	if err := in.named(name, r.URL.Query().Get("Qualifier")); err != nil {
		return err
	}
	if err := in.verify(r, l.caller); err != nil {
		return err
	}
	l.mu.Lock()
	in.function = l.functions[in.name]
	l.mu.Unlock()
	if err := in.resolve(); err != nil {
		return err
	}
	return in.wishes()
}

// functionName is FunctionName in the reference: a name, a partial ARN or an ARN, each with a version or alias or without.
var functionName = regexp.MustCompile(`^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:|(?:(\d{12}):)?function:|(\d{12}):)?` +
	`([A-Za-z0-9_-]+)(?::(\$LATEST|[A-Za-z0-9_-]+))?$`)

// named reads the name of the function, and the qualifier that may stand in it or beside it.
func (in *invoked) named(escaped, qualifier string) error {
	text, err := url.PathUnescape(escaped)
	match := functionName.FindStringSubmatch(text)
	if err != nil || match == nil {
		return &lambdaError{http.StatusBadRequest, "InvalidParameterValueException", "no name of a function: " + escaped}
	}
	in.region, in.name, in.qualifier = match[1], match[5], match[6]
	for _, owner := range match[2:5] {
		if owner != "" && owner != account {
			return &lambdaError{http.StatusForbidden, "AccessDeniedException", "the function is of the account " + owner}
		}
	}
	if in.qualifier != "" && qualifier != "" && in.qualifier != qualifier {
		return &lambdaError{
			http.StatusBadRequest, "InvalidParameterValueException",
			"The derived qualifier from the function name does not match the specified qualifier.",
		}
	}
	if qualifier != "" {
		in.qualifier = qualifier
	}
	return nil
}

// resolve finds the version of the function, if it may be invoked.
func (in *invoked) resolve() error {
	missing := &lambdaError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + in.arn()}
	if in.function == nil {
		return missing
	}
	in.version = in.qualifier
	if version, ok := in.function.aliases[in.qualifier]; ok {
		in.version = version
	}
	if in.version == "" {
		in.version = latest
	}
	switch {
	case in.handler() == "":
		return missing
	case in.function.private:
		return &lambdaError{
			http.StatusForbidden, "AccessDeniedException",
			"User is not authorized to perform: lambda:InvokeFunction on resource: " + in.arn() + " because no resource-based policy allows it",
		}
	case in.function.stopped:
		return &lambdaError{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded."}
	}
	return nil
}

// latest is the version that is not published.
const latest = "$LATEST"

func (in *invoked) handler() string {
	if in.version == latest {
		return in.function.handler
	}
	return in.function.versions[in.version]
}

// arn is the ARN by which the function was invoked.
func (in *invoked) arn() string {
	arn := "arn:aws:lambda:" + cmp.Or(in.region, region) + ":" + account + ":function:" + in.name
	if in.qualifier != "" {
		arn += ":" + in.qualifier
	}
	return arn
}

// wishes reads what the headers ask for, and looks at the event.
func (in *invoked) wishes() error {
	in.kind = in.header.Get("X-Amz-Invocation-Type")
	switch in.kind {
	case "":
		in.kind = "RequestResponse"
	case "RequestResponse", "Event", "DryRun":
	default:
		return &lambdaError{http.StatusBadRequest, "InvalidParameterValueException", "no invocation type: " + in.kind}
	}
	switch in.header.Get("X-Amz-Log-Type") {
	case "", "None":
	case "Tail":
		in.logs = true
	default:
		return &lambdaError{http.StatusBadRequest, "InvalidParameterValueException", "no type of log"}
	}
	if len(in.event) == 0 {
		in.event = []byte("{}")
	}
	if !json.Valid(in.event) {
		return &lambdaError{http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json"}
	}
	return nil
}
