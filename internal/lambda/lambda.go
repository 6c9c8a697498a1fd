package lambda

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/logging"

	"gangway/internal/dial"
)

// Config says where functions are. The zero Config means AWS, by the environment's own credentials and region.
type Config struct {
	// Region is where a function is whose name is not an ARN. Empty: as the SDK finds it.
	Region string
	// Endpoint is the URL of another Invoke API; empty means AWS. Calls to it are signed only with keys that the
	// environment variables of the SDK hold: no other source of credentials is asked for something that is not AWS.
	Endpoint string
	// Local runs functions in this process, in place of any Invoke API; nil: they are called.
	Local Local
}

// A Client invokes functions. It is safe for concurrent use.
type Client struct {
	api   *lambda.Client
	keys  aws.CredentialsProvider
	local Local
}

// Result is what a function left.
type Result struct {
	// Payload is its answer as JSON, or a description of its error.
	Payload []byte
	// FunctionError is empty for a function that returned, otherwise says how it ended: "Unhandled" or "Handled".
	FunctionError string
	// RequestID is what the service calls the invocation.
	RequestID string
}

// New makes a client. It reads the SDK's files and environment variables, and calls nobody.
func New(ctx context.Context, cfg Config) (*Client, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithHTTPClient(awshttp.NewBuildableClient()), // into which the SDK puts AWS_CA_BUNDLE
		config.WithLogger(logging.Nop{}),                    // what goes wrong is returned
		config.WithDefaultsMode(aws.DefaultsModeStandard),   // the mode "auto" asks the network where it is
	}
	if cfg.Region != "" {
		options = append(options, config.WithRegion(cfg.Region))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, wrap(err)
	}
	loaded.Credentials = keys{loaded.Credentials}
	client := newHTTPClient(loaded.HTTPClient)
	api := lambda.NewFromConfig(loaded, func(o *lambda.Options) {
		o.HTTPClient = client
		if cfg.Endpoint == "" {
			return
		}
		o.BaseEndpoint = &cfg.Endpoint
		if _, ok := fromEnvironment(); !ok {
			o.Credentials = aws.AnonymousCredentials{}
		}
	})
	return &Client{api, loaded.Credentials, cfg.Local}, nil
}

// Invoke calls a function, by name or ARN, with an event and waits for its result. The error is an [*Error] if the
// service refused, wraps [ErrTooLarge] if the result is beyond what Lambda allows, or [ErrNoCredentials], and else says why
// the service could not be reached. The call ends with ctx.
func (c *Client) Invoke(ctx context.Context, function string, event []byte) (*Result, error) {
	if c.local != nil {
		return c.run(ctx, &Call{Function: function, Event: event})
	}
	out, err := c.api.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: event}, in(function), traced(ctx))
	if err != nil {
		return nil, classify(err)
	}
	if out.StatusCode != http.StatusOK { // 202 is for who does not wait
		return nil, wrap(fmt.Errorf("status %d is not a result", out.StatusCode))
	}
	id, _ := middleware.GetRequestIDMetadata(out.ResultMetadata)
	return &Result{Payload: out.Payload, FunctionError: aws.ToString(out.FunctionError), RequestID: id}, nil
}

// Start hands an event to a function, by name or ARN, and does not wait for what comes of it: the invocation type Event.
// Its errors are those of [Client.Invoke].
func (c *Client) Start(ctx context.Context, function string, event []byte) error {
	if c.local != nil {
		_, err := c.run(ctx, &Call{Function: function, Event: event, Async: true})
		return err
	}
	input := &lambda.InvokeInput{FunctionName: &function, Payload: event, InvocationType: types.InvocationTypeEvent}
	_, err := c.api.Invoke(ctx, input, in(function), traced(ctx))
	if err != nil {
		return classify(err)
	}
	return nil
}

// in sends a call to the region that an ARN names; a function of another region is not found otherwise.
func in(function string) func(*lambda.Options) {
	return func(o *lambda.Options) {
		// arn:{partition}:lambda:{region}:{account}:function:{name}
		if parts := strings.SplitN(function, ":", 5); len(parts) == 5 && parts[0] == "arn" && parts[3] != "" {
			o.Region = parts[3]
		}
	}
}

// newHTTPClient makes a client that trusts whom the SDK's own client trusts. It follows no redirect and asks no proxy: the
// address of the service is configured, and nobody else may see the events.
func newHTTPClient(sdk config.HTTPClient) *http.Client {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if buildable, ok := sdk.(*awshttp.BuildableClient); ok {
		trust.RootCAs = buildable.GetTransport().TLSClientConfig.RootCAs
	}
	return &http.Client{
		Transport:     &capped{&dial.Transport{TLS: trust, Keep: 50 * time.Second}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
