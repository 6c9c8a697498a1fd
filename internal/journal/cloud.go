package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/lambda"
)

// Cloud says how Amazon CloudWatch Logs and Amazon Data Firehose are called.
type Cloud struct {
	// LogsEndpoint and FirehoseEndpoint are URLs of what stands in for the services; empty: those of AWS, in the region of the
	// log group. What stands in for them gets the credentials of the SDK's environment variables, and no others.
	LogsEndpoint, FirehoseEndpoint string
	// Region is where execution logs are. It must be set.
	Region string
	// Stream is the name of the log stream of this node. Empty: the name of the machine.
	Stream string
	// Credentials are the gateway's own. Nil: AWS is not called, and lines for it are lost.
	Credentials func(context.Context) (aws.Credentials, error)
	// Linger is how long lines wait for more; from 200 ms, which is the default, to 5 s.
	Linger time.Duration
	// Transport is what calls are made with. Nil: one that asks no proxy.
	Transport http.RoundTripper
}

// cloud is a sink.
type cloud struct {
	Cloud
	client  *http.Client
	signer  *v4.Signer
	failing bool // the last call failed in all attempts: until one succeeds there is one attempt each
}

// Limits of a call and of how often one is made: 5 calls take up to 5 * 5 s, with up to 3 s between them.
const (
	attempts    = 5
	callTimeout = 5 * time.Second
	firstPause  = 200 * time.Millisecond
	maxAnswer   = 1 << 20
)

func newCloud(cfg Cloud) (*cloud, error) {
	for _, endpoint := range []string{cfg.LogsEndpoint, cfg.FirehoseEndpoint} {
		parsed, err := url.Parse(endpoint)
		if err != nil || endpoint != "" && (parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https") {
			return nil, fmt.Errorf("journal: %q is not the URL of an endpoint", endpoint)
		}
	}
	if cfg.Region == "" {
		return nil, errors.New("journal: CloudWatch Logs needs a region")
	}
	if cfg.Stream == "" {
		cfg.Stream, _ = os.Hostname() // or the next line's
	}
	if cfg.Stream = strings.NewReplacer(":", "_", "*", "_").Replace(cut(cfg.Stream, 512)); cfg.Stream == "" {
		cfg.Stream = "gangway"
	}
	cfg.Linger = min(max(cfg.Linger, 200*time.Millisecond), 5*time.Second)
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			TLSHandshakeTimeout: callTimeout, IdleConnTimeout: 50 * time.Second, MaxIdleConnsPerHost: 2,
			MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}
	}
	return &cloud{Cloud: cfg, signer: v4.NewSigner(), client: &http.Client{
		Transport: cfg.Transport, Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// write implements sink.
func (c *cloud) write(ctx context.Context, g *group, blocks []block) (int, error) {
	if g.kind == deliveryStream {
		return c.deliver(ctx, g, blocks)
	}
	return c.putEvents(ctx, g, blocks)
}

// close implements sink.
func (c *cloud) close() error {
	c.client.CloseIdleConnections()
	return nil
}

// service is what of AWS is called: by the JSON protocol, "AWS JSON 1.1 protocol" of Smithy.
type service struct{ name, target string }

var (
	logs     = service{"logs", "Logs_20140328"}
	firehose = service{"firehose", "Firehose_20150804"}
)

// A failure is what a service says of a call that it did not do.
type failure struct {
	status  int
	Type    string `json:"__type"`
	Message string `json:"message"`
}

// Error implements error.
func (f *failure) Error() string {
	return fmt.Sprintf("status %d: %s: %s", f.status, f.Type, cut(f.Message, 200))
}

// is says whether a call failed with an exception of a name.
func is(err error, exception string) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.Type == exception
}

// again says whether a call may succeed if it is made once more.
func again(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, errNoCredentials) || errors.Is(err, lambda.ErrNoCredentials) {
		return false
	}
	f, ok := errors.AsType[*failure](err)
	return !ok || f.status >= 500 || f.status == http.StatusTooManyRequests || strings.Contains(f.Type, "Throttling") ||
		strings.Contains(f.Type, "Unavailable") || f.Type == "LimitExceededException"
}

// retry makes a call until it succeeds, cannot, or has been made often enough.
func (c *cloud) retry(ctx context.Context, call func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := call()
		if err == nil || !again(ctx, err) {
			c.failing = false
			return err
		}
		if c.failing || attempt == attempts {
			c.failing = true
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		pause *= 2
	}
}

// call makes one call. The error is a [*failure] if the service has answered.
func (c *cloud) call(ctx context.Context, s service, g *group, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("journal: %s: %w", action, err)
	}
	r, err := c.request(ctx, s, g, action, body)
	if err != nil {
		return fmt.Errorf("journal: %s: %w", action, err)
	}
	response, err := c.client.Do(r)
	if err != nil {
		return fmt.Errorf("journal: %s: %w", action, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		f := &failure{status: response.StatusCode}
		_ = json.Unmarshal(answer, f) // a proxy may have answered
		f.Type = f.Type[strings.LastIndexByte(f.Type, '#')+1:]
		err = f
	}
	if err == nil && out != nil && len(answer) > 0 {
		err = json.Unmarshal(answer, out)
	}
	if err != nil {
		return fmt.Errorf("journal: %s: %w", action, err)
	}
	return nil
}

// request makes a signed request.
func (c *cloud) request(ctx context.Context, s service, g *group, action string, body []byte) (*http.Request, error) {
	endpoint, region, keys, err := c.where(ctx, s, g)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", s.target+"."+action)
	sum := sha256.Sum256(body)
	return r, c.signer.SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), s.name, region, time.Now())
}

var errNoCredentials = errors.New("there are no credentials for AWS, and no endpoint of something else")

// where finds out whom to call, and with whose keys.
func (c *cloud) where(ctx context.Context, s service, g *group) (endpoint, region string, keys aws.Credentials, err error) {
	endpoint, region = c.LogsEndpoint, g.region
	if s == firehose {
		endpoint = c.FirehoseEndpoint
	}
	if region == "" {
		region = c.Region
	}
	if endpoint != "" {
		return strings.TrimRight(endpoint, "/") + "/", region, lambda.Elsewhere(), nil
	}
	if c.Credentials == nil {
		return "", "", keys, errNoCredentials
	}
	suffix := ".amazonaws.com/"
	if g.partition == "aws-cn" {
		suffix = ".amazonaws.com.cn/"
	}
	keys, err = c.Credentials(ctx)
	return "https://" + s.name + "." + region + suffix, region, keys, err
}
