package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gangway/internal/node"
	"gangway/internal/sigv4"
)

// planeSettings say which control plane a command talks to, and as whom.
type planeSettings struct {
	Endpoint string `name:"endpoint-url" placeholder:"URL" help:"Control plane to talk to, with the access key in AWS_ACCESS_KEY_ID and so on."`
	Data     string `placeholder:"DIR" help:"Talk to the node that runs on this data folder, as root. Without this and --endpoint-url: to $AWS_ENDPOINT_URL_APIGATEWAYV2 with the key in AWS_ACCESS_KEY_ID and so on; if that is not set, to the node on $GANGWAY_DATA or on the usual folder, as root."`
}

// plane is a control plane, and who talks to it.
type plane struct {
	url, region string
	key         sigv4.Key
	dir         string // data folder of a node on this machine; empty if it was not found by one
}

// plane finds the control plane: by the flags, or else by the variables of the AWS tools, or else by the data folder. The
// environment's access key goes to an endpoint that was named, and never to one that was found in a folder: that has a key
// of its own.
func (c *planeSettings) plane(s *Streams) (*plane, error) {
	endpoint := c.Endpoint
	if endpoint == "" && c.Data == "" {
		endpoint = s.env("AWS_ENDPOINT_URL_APIGATEWAYV2")
	}
	if endpoint != "" && !isURL(endpoint, "http", "https") {
		return nil, usagef("--endpoint-url: expected http:// or https:// and a host, got %q", endpoint)
	}
	endpoint = strings.TrimSuffix(endpoint, "/")
	if endpoint == "" || c.Data != "" {
		return c.local(s, endpoint)
	}
	key, region := environmentKey(s)
	if key.ID == "" || key.Secret == "" {
		return nil, usagef("to talk to %s, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (profiles are not read), or choose a folder with --data", endpoint)
	}
	return &plane{url: endpoint, region: cmp.Or(region, "us-east-1"), key: key}, nil
}

// local is the control plane of the node that runs on the data folder, by the folder's root key.
func (c *planeSettings) local(s *Streams, endpoint string) (*plane, error) {
	dir, err := (&folderSettings{Data: c.Data}).dir(s)
	if err != nil {
		return nil, err
	}
	running, err := node.ReadRunning(dir)
	if err != nil && endpoint == "" {
		return nil, noNode(dir)
	}
	key, err := node.ReadCredentials(dir)
	if err != nil {
		return nil, err
	}
	return &plane{url: cmp.Or(endpoint, running.Admin), region: cmp.Or(running.Region, "us-east-1"), key: key, dir: dir}, nil
}

// environmentKey is the access key of the environment, as the AWS tools name it, and the region; empty if there is none.
func environmentKey(s *Streams) (key sigv4.Key, region string) {
	key = sigv4.Key{
		ID: s.env("AWS_ACCESS_KEY_ID"), Secret: s.env("AWS_SECRET_ACCESS_KEY"), SessionToken: s.env("AWS_SESSION_TOKEN"),
	}
	return key, cmp.Or(s.env("AWS_REGION"), s.env("AWS_DEFAULT_REGION"))
}

func noNode(dir string) error {
	return fmt.Errorf("no node runs on %s; start one with: %s serve --data %s", dir, self(), word(dir))
}

// request is a call of one operation.
type request struct {
	operation    string // its name, for people
	method, path string // the path as it is sent
	query        url.Values
	service      string // as the table of operations names it; API Gateway
	contentType  string // of the body; JSON
	body         []byte
}

// refusedError is the control plane's no, in the words of the AWS CLI.
type refusedError struct {
	operation, code, message string
	status                   int
}

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation: %s", e.code, e.operation, e.message)
}

// silentError says that nobody answers.
type silentError struct{ err error }

// Error implements error.
func (e *silentError) Error() string { return e.err.Error() }

// Unwrap makes the cause findable.
func (e *silentError) Unwrap() error { return e.err }

// How long a control plane may take: a write may be a list of thousands of keys, and giving up on it leaves open what was
// done.
const (
	readTime  = time.Minute
	writeTime = 10 * time.Minute
)

// maxAnswer is how much a control plane may say.
const maxAnswer = 64 << 20

// send signs and sends a request, and returns the body of the answer. Its errors are [refusedError], [silentError], and
// what may go wrong on the way.
func (p *plane) send(ctx context.Context, r request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	asked := time.Now()
	response, err := p.begin(ctx, &r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, p.silence(ctx, asked, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, refused(r.operation, response, body)
	}
	return body, nil
}

// begin signs and sends a request, and returns when the answer begins.
func (p *plane) begin(ctx context.Context, r *request) (*http.Response, error) {
	asked := time.Now()
	call, err := http.NewRequestWithContext(ctx, r.method, p.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	call.URL.RawQuery = r.query.Encode()
	if len(r.body) > 0 {
		call.Header.Set("Content-Type", cmp.Or(r.contentType, "application/json"))
	}
	sigv4.Sign(call, r.body, p.key, p.region, signedAs(r.service), time.Now())
	response, err := http.DefaultClient.Do(call)
	if err != nil {
		return nil, p.silence(ctx, asked, err)
	}
	return response, nil
}

// signedAs is the name that requests for a service are signed for: both versions of API Gateway, and what is our own,
// have the same.
func signedAs(service string) string {
	if service == identityService {
		return service
	}
	return "apigateway"
}

// patience is how long to wait for the answer.
func (r *request) patience() time.Duration {
	if r.method == http.MethodGet {
		return readTime
	}
	return writeTime
}

// silence explains why nobody has answered. A node that was killed has left its addresses behind, and nobody takes the
// call there; one that takes it and is slow is at work.
func (p *plane) silence(ctx context.Context, asked time.Time, err error) error {
	failed, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		deadline, _ := ctx.Deadline()
		limit := max(0, deadline.Sub(asked).Round(time.Second))
		err = fmt.Errorf("%s did not answer within %s; it may still be at work", p.url, limit)
	case p.dir != "" && ok && failed.Op == "dial":
		err = fmt.Errorf("no node answers at %s; start one with: %s serve --data %s", p.url, self(), word(p.dir))
	}
	return &silentError{err: fmt.Errorf("control plane: %w", err)}
}

// refused reads an error answer: its code is in a header, with a tail that clients cut off, its message in the body.
func refused(operation string, response *http.Response, body []byte) error {
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	var said struct{ Message string } // message or Message
	if json.Unmarshal(body, &said) != nil {
		code, said.Message = identityFault(body)
	}
	return &refusedError{
		operation: operation, status: response.StatusCode, code: cmp.Or(code, response.Status),
		message: cmp.Or(said.Message, oneLine(string(body))),
	}
}

// ask sends a request and decodes the answer.
func (p *plane) ask(ctx context.Context, r request, into any) error {
	body, err := p.send(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("control plane: %s: %w", r.operation, err)
	}
	return nil
}
