package gateway

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Types of authorizer. Those of a WebSocket API are of the first.
const (
	AuthorizerRequest = "REQUEST"
	AuthorizerJWT     = "JWT"
)

// An Authorizer is a Lambda function that says who may connect.
type Authorizer struct {
	AuthorizerSettings
	AuthorizerID string `json:"authorizerId"`
}

// AuthorizerSettings is what a client may write of an [Authorizer].
type AuthorizerSettings struct {
	AuthorizerCredentialsARN     string   `json:"authorizerCredentialsArn,omitempty"`
	AuthorizerType               string   `json:"authorizerType"`
	AuthorizerURI                string   `json:"authorizerUri,omitempty"`
	IdentitySource               []string `json:"identitySource,omitempty"`
	IdentityValidationExpression string   `json:"identityValidationExpression,omitempty"`
	Name                         string   `json:"name"`
	HTTPOnlyAuthorizer
}

// HTTPOnlyAuthorizer holds the members that exist for HTTP APIs only; they are read in order to be refused, whatever
// their value is.
type HTTPOnlyAuthorizer struct {
	AuthorizerPayloadFormatVersion any `json:"authorizerPayloadFormatVersion,omitempty"`
	AuthorizerResultTTLInSeconds   any `json:"authorizerResultTtlInSeconds,omitempty"`
	EnableSimpleResponses          any `json:"enableSimpleResponses,omitempty"`
	JWTConfiguration               any `json:"jwtConfiguration,omitempty"`
}

// Settings is the part that a client may write.
func (a *Authorizer) Settings() any { return &a.AuthorizerSettings }

// Locate writes the part that is ours. A list of identity sources that are all empty is how clients say that there are none.
func (a *Authorizer) Locate(key Key, _ time.Time) {
	a.AuthorizerID = key.ID()
	if !slices.ContainsFunc(a.IdentitySource, func(source string) bool { return source != "" }) {
		a.IdentitySource = nil
	}
}

// What an authorizer may be: "Create an API Gateway REQUEST Lambda authorizer" in the developer guide.
var (
	identitySource = regexp.MustCompile(`^(route\.request\.(querystring|header)|stageVariables|context)\.[a-zA-Z0-9._-]+$`)
	authorizerURI  = regexp.MustCompile(`^arn:[^:]+:apigateway:[^:]+:([^:]+\.)?lambda:path/.+$`)
	roleARN        = regexp.MustCompile(`^arn:[^:]+:iam::[0-9]{12}:role/.+$`)
)

// Validate implements [Object].
func (a *Authorizer) Validate() error {
	const only = "%s cannot be set for WEBSOCKET protocol Apis."
	return check(
		length("name", a.Name, 1, 128),
		when(a.AuthorizerType != AuthorizerRequest, "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."),
		when(a.AuthorizerResultTTLInSeconds != nil, only, "AuthorizerResultTtlInSeconds"),
		when(a.AuthorizerPayloadFormatVersion != nil, only, "AuthorizerPayloadFormatVersion"),
		when(a.EnableSimpleResponses != nil, only, "EnableSimpleResponses"),
		when(a.JWTConfiguration != nil, only, "JwtConfiguration"),
		when(!authorizerURI.MatchString(a.AuthorizerURI) && !strings.Contains(a.AuthorizerURI, "${stageVariables."),
			"Invalid authorizer URI: '%s'. Expected arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations",
			a.AuthorizerURI),
		atMost("authorizerUri", a.AuthorizerURI, 2048),
		when(a.AuthorizerCredentialsARN != "" && !roleARN.MatchString(a.AuthorizerCredentialsARN),
			"Invalid role ARN: '%s'. Expected arn:aws:iam::ACCOUNT:role/NAME", a.AuthorizerCredentialsARN),
		a.validateSources(),
		atMost("identityValidationExpression", a.IdentityValidationExpression, 1024),
	)
}

func (a *Authorizer) validateSources() error {
	for _, source := range a.IdentitySource {
		if !identitySource.MatchString(source) {
			return Errorf(ErrInvalid, "Invalid request identity source expression: %s. The sources must be separated by comma, "+
				"and each source must be either a request parameter, matching 'route.request.querystring|header.[a-zA-Z0-9._-]+', "+
				"or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', "+
				"or a context parameter, matching 'context.[a-zA-Z0-9._-]+'", source)
		}
	}
	return nil
}

// References implements [Object].
func (a *Authorizer) References() []Key { return nil }
