package gateway

import (
	"strings"
	"time"
)

// Protocols of an API. Gangway serves WebSocket APIs only.
const (
	ProtocolWebSocket = "WEBSOCKET"
	ProtocolHTTP      = "HTTP"
)

// Where API Gateway may take the API key of a connection from; the first is the default.
const (
	KeyFromHeader     = "$request.header.x-api-key"
	KeyFromAuthorizer = "$context.authorizer.usageIdentifierKey"
)

// An API is a set of routes under one name.
type API struct {
	APISettings
	APIOrigin
	APIID       string    `json:"apiId"`
	CreatedDate time.Time `json:"createdDate,omitzero"`
	// APIEndpoint is never stored: it follows from where the gateway is reached today.
	APIEndpoint string `json:"apiEndpoint,omitempty"`
}

// APISettings is what a client may write of an [API].
type APISettings struct {
	APIKeySelectionExpression string `json:"apiKeySelectionExpression"`
	Description               string `json:"description,omitempty"`
	DisableExecuteAPIEndpoint bool   `json:"disableExecuteApiEndpoint"`
	DisableSchemaValidation   bool   `json:"disableSchemaValidation,omitempty"`
	IPAddressType             string `json:"ipAddressType"`
	Name                      string `json:"name"`
	RouteSelectionExpression  string `json:"routeSelectionExpression"`
	Version                   string `json:"version,omitempty"`
	HTTPOnlyAPI
}

// HTTPOnlyAPI holds the members that exist for HTTP APIs only; they are read in order to be refused.
type HTTPOnlyAPI struct {
	CORS           any    `json:"corsConfiguration,omitempty"`
	CredentialsARN string `json:"credentialsArn,omitempty"`
	RouteKey       string `json:"routeKey,omitempty"`
	Target         string `json:"target,omitempty"`
}

// APIOrigin is what a client may write of an [API] when it creates it.
type APIOrigin struct {
	ProtocolType string            `json:"protocolType"`
	Tags         map[string]string `json:"tags"`
}

// Settings is the part that a client may write.
func (a *API) Settings() any { return &a.APISettings }

// Origin is the part that a client may write once.
func (a *API) Origin() any { return &a.APIOrigin }

// Locate writes the part that is ours, and the defaults.
func (a *API) Locate(key Key, now time.Time) {
	a.APIID = key.ID()
	if a.CreatedDate.IsZero() {
		a.CreatedDate = date(now)
	}
	if a.APIKeySelectionExpression == "" {
		a.APIKeySelectionExpression = KeyFromHeader
	}
	if a.IPAddressType == "" {
		a.IPAddressType = "ipv4"
	}
	if a.Tags == nil {
		a.Tags = map[string]string{}
	}
}

// Validate implements [Object]; messages as the service gives them where they are known.
func (a *API) Validate() error {
	return check(
		when(a.Name == "", "Invalid API name specified"),
		atMost("name", a.Name, 128),
		when(a.ProtocolType != ProtocolWebSocket && a.ProtocolType != ProtocolHTTP,
			"Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]"),
		when(a.ProtocolType == ProtocolHTTP,
			"HTTP APIs are not served here: Gangway is a gateway for WebSocket APIs. Use protocolType WEBSOCKET"),
		when(a.RouteSelectionExpression == "", "Invalid routeSelectionExpression"),
		when(strings.Contains(a.RouteSelectionExpression, "request.") && !strings.Contains(a.RouteSelectionExpression, "$"),
			"Invalid routeSelectionExpression: '%s' is a fixed text. Expected a variable of the message, such as $request.body.action",
			a.RouteSelectionExpression),
		when(a.CORS != nil, "Cors is not supported for WEBSOCKET protocolType"),
		when(a.Target != "", "Target is not supported for WEBSOCKET protocolType"),
		when(a.RouteKey != "", "RouteKey is not supported for WEBSOCKET protocolType"),
		when(a.CredentialsARN != "", "CredentialsArn is not supported for WEBSOCKET protocolType"),
		oneOf("apiKeySelectionExpression", a.APIKeySelectionExpression, KeyFromHeader, KeyFromAuthorizer),
		oneOf("ipAddressType", a.IPAddressType, "ipv4", "dualstack"),
		atMost("description", a.Description, 1024),
		atMost("version", a.Version, 64),
		validateTags(a.Tags),
		validateOptions(a.Tags),
	)
}

// References implements [Object].
func (a *API) References() []Key { return nil }
