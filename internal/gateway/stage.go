package gateway

import (
	"regexp"
	"strings"
	"time"
)

// StageKey names a stage of an API.
type StageKey struct{ API, Stage string }

// Key is where the stage stands among the objects.
func (k StageKey) Key() Key { return Key("").Child("apis", k.API).Child("stages", k.Stage) }

// A Stage is a deployment under a name that clients can connect to, with settings that act at once.
type Stage struct {
	StageSettings
	StageOrigin
	CreatedDate     time.Time `json:"createdDate"`
	LastUpdatedDate time.Time `json:"lastUpdatedDate"`
	// LastDeploymentStatusMessage says how the last automatic deployment went.
	LastDeploymentStatusMessage string `json:"lastDeploymentStatusMessage,omitempty"`
}

// StageSettings is what a client may write of a [Stage].
type StageSettings struct {
	AccessLogSettings    *AccessLogSettings       `json:"accessLogSettings,omitempty"`
	AutoDeploy           bool                     `json:"autoDeploy,omitempty"`
	ClientCertificateID  string                   `json:"clientCertificateId,omitempty"`
	DefaultRouteSettings DefaultRouteSettings     `json:"defaultRouteSettings"`
	DeploymentID         string                   `json:"deploymentId,omitempty"`
	Description          Kept                     `json:"description,omitempty"`
	RouteSettings        map[string]RouteOverride `json:"routeSettings"`
	StageVariables       Map                      `json:"stageVariables"`
}

// StageOrigin is what a client may write of a [Stage] when it creates it.
type StageOrigin struct {
	StageName string            `json:"stageName"`
	Tags      map[string]string `json:"tags"`
}

// AccessLogSettings says where the access log of a stage goes, and in which format.
type AccessLogSettings struct {
	DestinationARN string `json:"destinationArn,omitempty"`
	Format         string `json:"format,omitempty"`
}

// RouteOverride is what one route of a stage has in place of the stage's own settings; an absent member leaves them.
type RouteOverride struct {
	DataTraceEnabled       *bool    `json:"dataTraceEnabled,omitempty"`
	DetailedMetricsEnabled *bool    `json:"detailedMetricsEnabled,omitempty"`
	LoggingLevel           string   `json:"loggingLevel,omitempty"`
	ThrottlingBurstLimit   *int     `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit    *float64 `json:"throttlingRateLimit,omitempty"`
}

// DefaultRouteSettings is what holds for every route of a stage that has no [RouteOverride].
type DefaultRouteSettings struct {
	DataTraceEnabled       bool     `json:"dataTraceEnabled"`
	DetailedMetricsEnabled bool     `json:"detailedMetricsEnabled"`
	LoggingLevel           string   `json:"loggingLevel"`
	ThrottlingBurstLimit   *int     `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit    *float64 `json:"throttlingRateLimit,omitempty"`
}

// Settings is the part that a client may write.
func (s *Stage) Settings() any { return &s.StageSettings }

// Origin is the part that a client may write once.
func (s *Stage) Origin() any { return &s.StageOrigin }

// Locate writes the part that is ours, and the defaults.
func (s *Stage) Locate(key Key, now time.Time) {
	s.StageName = key.ID()
	s.LastUpdatedDate = date(now)
	if s.CreatedDate.IsZero() {
		s.CreatedDate = s.LastUpdatedDate
	}
	if s.DefaultRouteSettings.LoggingLevel == "" {
		s.DefaultRouteSettings.LoggingLevel = "OFF"
	}
	if s.RouteSettings == nil {
		s.RouteSettings = map[string]RouteOverride{}
	}
	if s.StageVariables == nil {
		s.StageVariables = Map{}
	}
	if s.Tags == nil {
		s.Tags = map[string]string{}
	}
	if s.AccessLogSettings != nil && *s.AccessLogSettings == (AccessLogSettings{}) {
		s.AccessLogSettings = nil // an empty object changes nothing, so on creation there is none
	}
}

// Names of stages and of stage variables, and what a variable may hold: "Setting up stage variables" in the API
// Gateway developer guide, and the AWS::ApiGatewayV2::Stage reference for the name.
var (
	stageName     = regexp.MustCompile(`^([A-Za-z0-9_-]{1,128}|\$default)$`)
	variableName  = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	variableValue = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#&=,]*$`)
)

// CheckStageName says whether a stage may have a name.
func CheckStageName(name string) error {
	return check(
		when(name == "", "Stage name is required"),
		when(!stageName.MatchString(name), "Stage name only allows a-zA-Z0-9_"),
	)
}

// Validate implements [Object].
func (s *Stage) Validate() error {
	return check(
		CheckStageName(s.StageName),
		atMost("description", s.Description, 1024),
		s.DefaultRouteSettings.validate(),
		s.validateRouteSettings(),
		s.validateVariables(),
		s.validateAccessLog(),
		validateTags(s.Tags),
		validateOptions(s.Tags),
	)
}

func (s *Stage) validateVariables() error {
	if len(s.StageVariables) > 100 {
		return Errorf(ErrInvalid, "A stage can have at most 100 stage variables, got %d", len(s.StageVariables))
	}
	for _, name := range sortedKeys(s.StageVariables) {
		value := s.StageVariables[name]
		err := check(
			when(!variableName.MatchString(name),
				"Invalid stage variable name '%s'. Expected letters, digits and underscores, at most 64", name),
			atMost("stage variable '"+name+"'", value, 2048),
			when(!variableValue.MatchString(value),
				"Invalid value of stage variable '%s'. Expected only the characters A-Za-z0-9-._~:/?#&=,", name),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) validateRouteSettings() error {
	for _, key := range sortedKeys(s.RouteSettings) {
		o := s.RouteSettings[key]
		if err := validateSettings(o.LoggingLevel, o.ThrottlingBurstLimit, o.ThrottlingRateLimit); err != nil {
			return err
		}
	}
	return nil
}

func (d *DefaultRouteSettings) validate() error {
	return validateSettings(d.LoggingLevel, d.ThrottlingBurstLimit, d.ThrottlingRateLimit)
}

func validateSettings(level string, burst *int, rate *float64) error {
	return check(
		oneOf("loggingLevel", level, "OFF", "ERROR", "INFO"),
		when(burst != nil && *burst < 0, "Invalid value for throttlingBurstLimit: expected 0 or more"),
		when(rate != nil && *rate < 0, "Invalid value for throttlingRateLimit: expected 0 or more"),
	)
}

// Logs says whether the stage writes any log. The service asks for the account's CloudWatch role then: "Set up logging
// for WebSocket APIs in API Gateway" in the developer guide.
func (s *Stage) Logs() bool {
	logs := func(level string) bool { return level != "" && level != "OFF" }
	for _, route := range s.RouteSettings {
		if logs(route.LoggingLevel) {
			return true
		}
	}
	return s.AccessLogSettings != nil || logs(s.DefaultRouteSettings.LoggingLevel)
}

// Where an access log may go: names as "CreateLogGroup" in the CloudWatch Logs API reference has them. What is taken here and
// cannot be written to later would be a log that is lost in silence.
var (
	logGroup       = regexp.MustCompile(`^arn:aws[a-z-]*:logs:[a-z0-9-]*:[A-Za-z0-9-]*:log-group:[A-Za-z0-9_./#-]{1,512}(:\*|:log-stream:[^:*]{1,512})?$`)
	deliveryStream = regexp.MustCompile(`^arn:aws[a-z-]*:firehose:[a-z0-9-]*:[A-Za-z0-9-]*:deliverystream/[A-Za-z0-9_.-]{1,64}$`)
)

// maxFormat is how long an access log format may be, in bytes: "Amazon API Gateway quotas".
const maxFormat = 3072

// validateAccessLog checks in the order in which the service does: both members, the ARN, the format.
func (s *Stage) validateAccessLog() error {
	a := s.AccessLogSettings
	if a == nil {
		return nil
	}
	return check(
		when(a.DestinationARN == "" || a.Format == "", "Access Log value missing. Expected destinationArn and format."),
		when(!strings.HasPrefix(a.DestinationARN, "arn:"),
			"Invalid ARN specified in the request. ARNs must start with 'arn:': %s", a.DestinationARN),
		when(!logGroup.MatchString(a.DestinationARN) && !deliveryStream.MatchString(a.DestinationARN),
			"Invalid ARN specified in the request. The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream ARN."),
		when(!strings.Contains(a.Format, "$context.requestId") && !strings.Contains(a.Format, "$context.extendedRequestId"),
			"Access Log format must include either $context.requestId or $context.extendedRequestId"),
		atMost("accessLogSettings.format", a.Format, maxFormat),
		when(len(a.Format) > maxFormat, "Invalid value for accessLogSettings.format: expected at most %d bytes, got %d", maxFormat, len(a.Format)),
	)
}

// References implements [Object].
func (s *Stage) References() []Key {
	if s.DeploymentID == "" {
		return nil
	}
	return []Key{Key("").Child("deployments", s.DeploymentID)}
}
