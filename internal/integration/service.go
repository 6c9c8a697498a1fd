package integration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
)

// service is a service of AWS, or whatever stands in for it, that is called over HTTP with a signature: AWS with a URI other
// than a function's.
type service struct {
	transport   http.RoundTripper
	credentials func(context.Context) (aws.Credentials, error)
	signer      *v4.Signer
	name        string // in the scope of the signature
	region      string // likewise
	method      string
	target      *target
	fixed       gateway.Params
}

// serviceURI is the form of the URI: "integrationUri" in the reference of the API Gateway version 2 API.
var serviceURI = regexp.MustCompile(`^arn:([a-z0-9-]+):apigateway:([a-z0-9-]+):([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*):(action|path)/(.*)$`)

var errServiceURI = errors.New("integrationUri: expected arn:{partition}:apigateway:{region}:[{subdomain}.]{service}:" +
	"{action|path}/{action or path of the service}")

// newAWS makes the backend of an integration of type AWS: the URI says what it is.
func newAWS(def *gateway.DeployedIntegration, env Env) (Backend, error) {
	uri, onStage, err := expand("integrationUri", string(def.IntegrationURI), env.Variables)
	if err != nil {
		return orBroken(onStage, err)
	}
	match := serviceURI.FindStringSubmatch(uri)
	if match == nil {
		return orBroken(onStage, errServiceURI)
	}
	if match[3] == "lambda" && strings.HasPrefix(match[5], "2015-03-31/functions/") {
		arn, err := functionOf(uri)
		if err != nil {
			return orBroken(onStage, fmt.Errorf("integrationUri: %w", err))
		}
		return newCustom(arn, env)
	}
	b, err := newService(def, env, address{partition: match[1], region: match[2], service: match[3]}, match[4], match[5])
	if err != nil && !errors.Is(err, gateway.ErrConfiguration) {
		return orBroken(onStage, err)
	}
	return b, err
}

// address is where a service is.
type address struct{ partition, region, service string }

// url is the beginning of the URLs of a service in AWS.
func (a address) url() (string, error) {
	domain, ok := partitions[a.partition]
	if !ok {
		return "", fmt.Errorf("integrationUri: there is no partition %q of AWS", a.partition)
	}
	host := a.service
	if subdomain, ok := strings.CutSuffix(host, ".iotdata"); ok {
		host = subdomain + ".iot"
	}
	if global[a.service] {
		return "https://" + host + "." + domain, nil
	}
	return "https://" + host + "." + a.region + "." + domain, nil
}

func newService(def *gateway.DeployedIntegration, env Env, at address, form, what string) (Backend, error) {
	s := &service{
		transport: env.HTTP,
		signer:    v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = family(at.service) == "s3" }),
		name:      signingName(at.service),
		region:    at.region,
		method:    string(def.IntegrationMethod),
		fixed:     append(signature(env.Stage), gateway.Param{Name: "Accept", Value: "application/json"}),
	}
	if global[at.service] {
		s.region = "us-east-1"
	}
	if s.method == "" || s.method == "ANY" {
		s.method = http.MethodPost
	}
	base, err := s.endpoint(env, at)
	if err != nil {
		return nil, err
	}
	tail, err := s.tail(at.service, form, what)
	if errors.Is(err, gateway.ErrConfiguration) {
		return broken{err}, err
	}
	if err != nil {
		return nil, err
	}
	s.target, err = newTarget(base+tail, mappedNames(def).path)
	return s, err
}

// endpoint finds where the service is called, and with whose keys.
func (s *service) endpoint(env Env, at address) (base string, err error) {
	if env.Endpoint != nil {
		base = strings.TrimRight(env.Endpoint(family(at.service)), "/")
	}
	if base != "" {
		s.credentials = func(context.Context) (aws.Credentials, error) { return lambda.Elsewhere(), nil }
		return base, nil
	}
	if env.Lambda != nil {
		s.credentials = env.Lambda.Credentials
	}
	return at.url()
}

// actionName is an action, with parameters for some.
var actionName = regexp.MustCompile(`^([A-Za-z0-9]+)(?:&(.*))?$`)

// tail is what follows the endpoint in the URL. It is also where the protocol of the service is looked up.
func (s *service) tail(name, form, what string) (string, error) {
	spoken, isJSON := jsonServices[name]
	media := "application/json"
	if isJSON {
		media = "application/x-amz-json-" + spoken.version
	}
	s.fixed = append(s.fixed, gateway.Param{Name: contentType, Value: media})
	if form == "path" {
		return "/" + strings.TrimLeft(what, "/"), nil
	}
	match := actionName.FindStringSubmatch(what)
	switch {
	case match == nil:
		return "", fmt.Errorf("integrationUri: %.80q is not the name of an action", what)
	case isJSON:
		s.fixed = append(s.fixed, gateway.Param{Name: "X-Amz-Target", Value: spoken.target + "." + match[1]})
		return strings.TrimRight("/?"+match[2], "?"), nil
	case queryServices[name]:
		return "/?Action=" + what, nil
	default:
		return "", gateway.Errorf(gateway.ErrConfiguration, "integrationUri: how %s is asked for an action is not known here: "+
			"each call of the integration fails. Use path/, with the header X-Amz-Target mapped if the service wants it", name)
	}
}

// Call implements [Backend].
func (s *service) Call(ctx context.Context, req *Request) (*Response, error) {
	if s.credentials == nil || s.transport == nil {
		return nil, failure(gateway.ErrConfiguration, errNoTransport)
	}
	c, trace, err := newCall(s.target, req)
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	c.url.RawQuery = appendQuery(c.url.RawQuery, req.Query)
	header := override(traced(slices.Clone(s.fixed), trace), req.Header.Without(ofSignature), sameField)
	c.prepare(ctx, s.method, header, req.Body)
	c.spread()
	if err := s.sign(&c.request, req.Body); err != nil {
		return nil, err
	}
	return c.send(ctx, s.transport)
}

// ofSignature are the header fields of a signature, which are the gateway's to set.
func ofSignature(name string) bool {
	return isSignature(name) || strings.EqualFold(name, "X-Amz-Date") || strings.EqualFold(name, "X-Amz-Content-Sha256")
}

// sign signs a request as the gateway. Amazon S3 wants the hash of the body in the header, the others do not mind.
func (s *service) sign(out *http.Request, body []byte) error {
	ctx := out.Context()
	keys, err := s.credentials(ctx)
	if err != nil {
		if late := ended(ctx, err); late != nil {
			return late
		}
		return failure(gateway.ErrConfiguration,
			fmt.Errorf("%s, or call the service elsewhere by --service-endpoint: %w", setCredentials, err))
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	out.Header.Set("X-Amz-Content-Sha256", hash)
	if err := s.signer.SignHTTP(ctx, keys, out, hash, s.name, s.region, time.Now()); err != nil {
		return failure(gateway.ErrConfiguration, err)
	}
	return nil
}
