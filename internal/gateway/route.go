package gateway

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The route keys that API Gateway reserves.
const (
	RouteConnect    = "$connect"
	RouteDisconnect = "$disconnect"
	RouteDefault    = "$default"
)

// How a route may ask for authorization.
const (
	AuthorizationNone   = "NONE"
	AuthorizationIAM    = "AWS_IAM"
	AuthorizationCustom = "CUSTOM"
	AuthorizationJWT    = "JWT"
)

// A Route sends one kind of message to one integration.
type Route struct {
	RouteSettings
	RouteID string `json:"routeId"`
}

// RouteSettings is what a client may write of a [Route].
type RouteSettings struct {
	APIKeyRequired                   bool                            `json:"apiKeyRequired"`
	AuthorizationScopes              []string                        `json:"authorizationScopes,omitempty"`
	AuthorizationType                string                          `json:"authorizationType"`
	AuthorizerID                     string                          `json:"authorizerId,omitempty"`
	ModelSelectionExpression         string                          `json:"modelSelectionExpression,omitempty"`
	OperationName                    string                          `json:"operationName,omitempty"`
	RequestModels                    Map                             `json:"requestModels,omitempty"`
	RequestParameters                map[string]ParameterConstraints `json:"requestParameters,omitempty"`
	RouteKey                         string                          `json:"routeKey"`
	RouteResponseSelectionExpression string                          `json:"routeResponseSelectionExpression,omitempty"`
	Target                           Kept                            `json:"target,omitempty"`
}

// Settings is the part that a client may write.
func (r *Route) Settings() any { return &r.RouteSettings }

// Locate writes the part that is ours, and the defaults.
func (r *Route) Locate(key Key, _ time.Time) {
	r.RouteID = key.ID()
	if r.AuthorizationType == "" {
		r.AuthorizationType = AuthorizationNone
	}
}

// Integration is the id of the integration that the route targets, if it has a target of the right form.
func (r *Route) Integration() (id string, ok bool) {
	id, ok = strings.CutPrefix(string(r.Target), "integrations/")
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// Models are the names of the models that the route asks for, each once, in order.
func (r *Route) Models() []string { return distinct(r.RequestModels) }

// Validate implements [Object].
func (r *Route) Validate() error {
	_, targeted := r.Integration()
	return check(
		when(r.RouteKey == "", "Route key is required"),
		atMost("routeKey", r.RouteKey, 128),
		when(strings.ContainsFunc(r.RouteKey, unicode.IsControl), "Invalid route key %q: expected no control characters", r.RouteKey),
		when(strings.HasPrefix(r.RouteKey, "$") && !r.reserved(),
			"Route keys that start with '$' are reserved: '%s' is not one of [$connect, $disconnect, $default]", r.RouteKey),
		when(r.Target != "" && !targeted,
			"Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."),
		r.validateAuthorization(),
		atMost("operationName", r.OperationName, 64),
		when(r.RouteResponseSelectionExpression != "" && r.RouteResponseSelectionExpression != RouteDefault,
			"Currently, only $default is supported as a RouteResponseSelectionExpression."),
		values("requestModels", r.RequestModels, 128),
		validateParameters("route.request.", r.RequestParameters),
	)
}

func (r *Route) reserved() bool {
	return r.RouteKey == RouteConnect || r.RouteKey == RouteDisconnect || r.RouteKey == RouteDefault
}

// validateAuthorization follows "Control access to WebSocket APIs" in the API Gateway developer guide: only the
// $connect route can ask for authorization.
func (r *Route) validateAuthorization() error {
	return check(
		oneOf("authorizationType", r.AuthorizationType, AuthorizationNone, AuthorizationIAM, AuthorizationCustom, AuthorizationJWT),
		when(len(r.AuthorizationScopes) > 0,
			"Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization type"),
		when(r.AuthorizationType == AuthorizationJWT, "Setting the authorization type to JWT requires a valid JWT authorizer."),
		when(r.AuthorizationType != AuthorizationNone && r.RouteKey != RouteConnect,
			"Currently, authorization is restricted to the $connect route only"),
		when(r.AuthorizationType == AuthorizationCustom && r.AuthorizerID == "",
			"Setting the authorization type to CUSTOM requires a valid authorizer."),
		when(r.AuthorizationType != AuthorizationCustom && r.AuthorizerID != "",
			"An authorizerId needs the authorization type CUSTOM. Send authorizationType CUSTOM, or authorizerId \"\" to remove it."),
	)
}

// References implements [Object].
func (r *Route) References() []Key {
	var keys []Key
	if id, ok := r.Integration(); ok {
		keys = append(keys, Key("").Child("integrations", id))
	}
	if r.AuthorizerID != "" {
		keys = append(keys, Key("").Child("authorizers", r.AuthorizerID))
	}
	return keys
}

// validateParameters checks the names of request or response parameters: prefix, place, name.
func validateParameters(prefix string, parameters map[string]ParameterConstraints) error {
	if err := few("parameters", len(parameters)); err != nil {
		return err
	}
	for _, key := range sortedKeys(parameters) {
		place, name, ok := strings.Cut(strings.TrimPrefix(key, prefix), ".")
		ok = ok && strings.HasPrefix(key, prefix) && name != ""
		if !ok || (place != "header" && place != "querystring") {
			return Errorf(ErrInvalid,
				"Invalid parameter '%s'. Expected %sheader.NAME or %squerystring.NAME", key, prefix, prefix)
		}
	}
	return nil
}

// A RouteResponse makes the replies of a route's integration go back to the client; its key is $default.
type RouteResponse struct {
	RouteResponseSettings
	RouteResponseID string `json:"routeResponseId"`
}

// RouteResponseSettings is what a client may write of a [RouteResponse].
type RouteResponseSettings struct {
	ModelSelectionExpression string                          `json:"modelSelectionExpression,omitempty"`
	ResponseModels           map[string]string               `json:"responseModels,omitempty"`
	ResponseParameters       map[string]ParameterConstraints `json:"responseParameters,omitempty"`
	RouteResponseKey         string                          `json:"routeResponseKey"`
}

// Settings is the part that a client may write.
func (r *RouteResponse) Settings() any { return &r.RouteResponseSettings }

// Locate writes the part that is ours.
func (r *RouteResponse) Locate(key Key, _ time.Time) { r.RouteResponseID = key.ID() }

// Models are the names of the models that the response asks for, each once, in order.
func (r *RouteResponse) Models() []string { return distinct(r.ResponseModels) }

// distinct are the values of a map, each once, in order.
func distinct[M ~map[string]string](m M) []string {
	return slices.Compact(slices.Sorted(maps.Values(m)))
}

// Validate implements [Object].
func (r *RouteResponse) Validate() error {
	return check(
		when(r.RouteResponseKey != RouteDefault, "Currently, only $default is supported as a RouteResponseKey."),
		values("responseModels", r.ResponseModels, 128),
		validateParameters("route.response.", r.ResponseParameters),
	)
}

// References implements [Object].
func (r *RouteResponse) References() []Key { return nil }
