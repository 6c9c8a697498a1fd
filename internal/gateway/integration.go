package gateway

import (
	"strings"
	"time"
)

// Types of integration: what kind of backend is called, and how.
const (
	IntegrationAWS       = "AWS"
	IntegrationAWSProxy  = "AWS_PROXY"
	IntegrationHTTP      = "HTTP"
	IntegrationHTTPProxy = "HTTP_PROXY"
	IntegrationMock      = "MOCK"
)

// What an integration does with a message for which it has no template.
const (
	PassWhenNoMatch     = "WHEN_NO_MATCH"
	PassWhenNoTemplates = "WHEN_NO_TEMPLATES"
	PassNever           = "NEVER"
)

// An Integration is a backend and how it is called.
type Integration struct {
	IntegrationSettings
	IntegrationID string `json:"integrationId"`
	// IntegrationResponseSelectionExpression follows from the type; API Gateway shows it and lets nobody write it.
	IntegrationResponseSelectionExpression string `json:"integrationResponseSelectionExpression,omitempty"`
}

// IntegrationSettings is what a client may write of an [Integration].
type IntegrationSettings struct {
	ConnectionID                string            `json:"connectionId,omitempty"`
	ConnectionType              string            `json:"connectionType"`
	ContentHandlingStrategy     string            `json:"contentHandlingStrategy,omitempty"`
	CredentialsARN              string            `json:"credentialsArn,omitempty"`
	Description                 string            `json:"description,omitempty"`
	IntegrationMethod           Kept              `json:"integrationMethod,omitempty"`
	IntegrationType             Kept              `json:"integrationType"`
	IntegrationURI              Kept              `json:"integrationUri,omitempty"`
	PassthroughBehavior         string            `json:"passthroughBehavior"`
	PayloadFormatVersion        string            `json:"payloadFormatVersion"`
	RequestParameters           Map               `json:"requestParameters,omitempty"`
	RequestTemplates            map[string]string `json:"requestTemplates,omitempty"`
	TemplateSelectionExpression string            `json:"templateSelectionExpression,omitempty"`
	TimeoutInMillis             int               `json:"timeoutInMillis"`
	HTTPOnlyIntegration
}

// HTTPOnlyIntegration holds the members that exist for HTTP APIs only; they are read in order to be refused.
type HTTPOnlyIntegration struct {
	IntegrationSubtype string `json:"integrationSubtype,omitempty"`
	ResponseParameters any    `json:"responseParameters,omitempty"`
	TLSConfig          any    `json:"tlsConfig,omitempty"`
}

// MaxTimeout is the longest that API Gateway waits for the integration of a WebSocket API, in milliseconds.
const MaxTimeout = 29000

// LongestTimeout is the longest that this gateway can be set to wait, in milliseconds: as long as a function may take.
const LongestTimeout = 15 * 60 * 1000

// Settings is the part that a client may write.
func (i *Integration) Settings() any { return &i.IntegrationSettings }

// Preset writes the default of a number, before a client's own is read: 0 is not the same as none.
func (i *Integration) Preset() { i.TimeoutInMillis = MaxTimeout }

// Locate writes the part that is ours, and the defaults.
func (i *Integration) Locate(key Key, _ time.Time) {
	i.IntegrationID = key.ID()
	if i.ConnectionType == "" {
		i.ConnectionType = "INTERNET"
	}
	if i.PassthroughBehavior == "" {
		i.PassthroughBehavior = PassWhenNoMatch
	}
	if i.PayloadFormatVersion == "" {
		i.PayloadFormatVersion = "1.0"
	}
	if i.IntegrationMethod == "" && (i.IntegrationType == IntegrationAWS || i.IntegrationType == IntegrationAWSProxy) {
		i.IntegrationMethod = "POST"
	}
	i.IntegrationResponseSelectionExpression = map[Kept]string{
		IntegrationHTTP: "${integration.response.statuscode}",
		IntegrationMock: "${integration.response.statuscode}",
		IntegrationAWS:  "${integration.response.body.errorMessage}",
	}[i.IntegrationType]
}

// Timeout is how long the backend may take.
func (i *Integration) Timeout() time.Duration {
	return time.Duration(i.TimeoutInMillis) * time.Millisecond
}

// Validate implements [Object].
func (i *Integration) Validate() error {
	return check(
		when(i.IntegrationType == "", "IntegrationType is required. Must be one of [AWS, HTTP, MOCK, HTTP_PROXY, AWS_PROXY]"),
		oneOf("integrationType", i.IntegrationType,
			IntegrationAWS, IntegrationHTTP, IntegrationMock, IntegrationHTTPProxy, IntegrationAWSProxy),
		when(i.TimeoutInMillis < 50 || i.TimeoutInMillis > LongestTimeout, "Timeout should be between 50 ms and %d ms", MaxTimeout),
		when(i.PayloadFormatVersion != "1.0", "Unsupported PayloadFormatVersion: %s", i.PayloadFormatVersion),
		oneOf("connectionType", i.ConnectionType, "INTERNET", "VPC_LINK"),
		when(i.ConnectionType == "VPC_LINK" && i.ConnectionID == "",
			"ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK"),
		oneOf("contentHandlingStrategy", i.ContentHandlingStrategy, "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
		oneOf("passthroughBehavior", i.PassthroughBehavior, PassWhenNoMatch, PassWhenNoTemplates, PassNever),
		when(i.IntegrationSubtype != "", "IntegrationSubtype is not supported for WEBSOCKET protocolType"),
		when(i.ResponseParameters != nil, "ResponseParameters is not supported for WEBSOCKET protocolType"),
		when(i.TLSConfig != nil, "TlsConfig is not supported for WEBSOCKET protocolType"),
		i.validateTarget(),
		i.validateTexts(),
	)
}

// validateTarget checks that the backend can be called at all.
func (i *Integration) validateTarget() error {
	uri := string(i.IntegrationURI)
	switch i.IntegrationType {
	case IntegrationHTTP, IntegrationHTTPProxy:
		return check(
			when(i.IntegrationMethod == "", "Enumeration value for HttpMethod must be non-empty: set integrationMethod, to POST for example"),
			when(!strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "${"),
				"Invalid HTTP endpoint specified for URI: expected http:// or https://, got '%s'", uri),
		)
	case IntegrationAWS, IntegrationAWSProxy:
		return check(
			when(!strings.HasPrefix(uri, "arn:"), "Invalid ARN specified in the request. ARNs must start with 'arn:': %s", uri),
			when(!strings.Contains(uri, ":path/") && !strings.Contains(uri, ":action/"),
				"AWS ARN for integration must contain path or action, as in arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations"),
		)
	default:
		return nil
	}
}

// validateTexts holds texts against the lengths of the service model.
func (i *Integration) validateTexts() error {
	return check(
		oneOf("integrationMethod", i.IntegrationMethod, "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"),
		atMost("connectionId", i.ConnectionID, 1024),
		atMost("description", i.Description, 1024),
		atMost("integrationUri", i.IntegrationURI, 2048),
		values("requestParameters", i.RequestParameters, 512),
		values("requestTemplates", i.RequestTemplates, 32768),
	)
}

// References implements [Object].
func (i *Integration) References() []Key { return nil }

// An IntegrationResponse says what becomes of one kind of answer of a backend that is not a proxy.
type IntegrationResponse struct {
	IntegrationResponseSettings
	IntegrationResponseID string `json:"integrationResponseId"`
}

// IntegrationResponseSettings is what a client may write of an [IntegrationResponse].
type IntegrationResponseSettings struct {
	ContentHandlingStrategy     string            `json:"contentHandlingStrategy,omitempty"`
	IntegrationResponseKey      string            `json:"integrationResponseKey"`
	ResponseParameters          map[string]string `json:"responseParameters,omitempty"`
	ResponseTemplates           map[string]string `json:"responseTemplates,omitempty"`
	TemplateSelectionExpression string            `json:"templateSelectionExpression,omitempty"`
}

// Settings is the part that a client may write.
func (r *IntegrationResponse) Settings() any { return &r.IntegrationResponseSettings }

// Locate writes the part that is ours.
func (r *IntegrationResponse) Locate(key Key, _ time.Time) { r.IntegrationResponseID = key.ID() }

// Validate implements [Object].
func (r *IntegrationResponse) Validate() error {
	key := r.IntegrationResponseKey
	pattern := len(key) > 2 && strings.HasPrefix(key, "/") && strings.HasSuffix(key, "/")
	return check(
		when(key != RouteDefault && !pattern,
			"Invalid IntegrationResponseKey '%s'. Expected $default or a regular expression between slashes, such as /2\\d\\d/", key),
		oneOf("contentHandlingStrategy", r.ContentHandlingStrategy, "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
		values("responseParameters", r.ResponseParameters, 512),
		values("responseTemplates", r.ResponseTemplates, 32768),
	)
}

// References implements [Object].
func (r *IntegrationResponse) References() []Key { return nil }
