package registry

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// settings are what callers say of a function: members of FunctionConfiguration that a request may have, by their names in the
// service model. Those below the blank line mean nothing here; they are kept and shown.
type settings struct {
	Runtime     string       `json:",omitempty"`
	Handler     string       `json:",omitempty"`
	Timeout     int          `json:",omitempty"`
	MemorySize  int          `json:",omitempty"`
	Environment *environment `json:",omitempty"`

	Role             string
	Description      string
	Architectures    []string          `json:",omitempty"`
	VpcConfig        *vpc              `json:",omitempty"`
	DeadLetterConfig *deadLetters      `json:",omitempty"`
	KMSKeyArn        string            `json:",omitempty"`
	TracingConfig    *tracing          `json:",omitempty"`
	EphemeralStorage *ephemeralStorage `json:",omitempty"`
	LoggingConfig    *logging          `json:",omitempty"`
	SnapStart        *snapStart        `json:",omitempty"`
}

type environment struct {
	Variables map[string]string `json:",omitempty"`
}

type vpc struct {
	SubnetIds               []string
	SecurityGroupIds        []string
	Ipv6AllowedForDualStack bool
	VpcID                   string `json:"VpcId"`
}

type deadLetters struct {
	TargetArn string `json:",omitempty"`
}

type tracing struct{ Mode string }

type ephemeralStorage struct{ Size int }

type logging struct {
	LogFormat           string
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
	LogGroup            string
}

type snapStart struct {
	ApplyOn            string
	OptimizationStatus string
}

// merge is the settings with what a request says, whose other members it does not touch. What a request has of a structure
// replaces all of it.
func (s *settings) merge(request map[string]json.RawMessage) (merged settings, err error) {
	stored, err := json.Marshal(s)
	if err != nil {
		return merged, fmt.Errorf("registry: settings: %w", err)
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(stored, &members); err != nil {
		return merged, fmt.Errorf("registry: settings: %w", err)
	}
	maps.Copy(members, request)
	text, err := json.Marshal(members)
	if err != nil {
		return merged, fmt.Errorf("registry: settings: %w", err)
	}
	if err := json.Unmarshal(text, &merged); err != nil {
		return merged, errNotJSON
	}
	return merged, nil
}

// complete puts in the defaults that the reference has.
func (s *settings) complete(name string) {
	if len(s.Architectures) == 0 {
		s.Architectures = []string{"x86_64"}
	}
	if s.Environment != nil && len(s.Environment.Variables) == 0 {
		s.Environment = nil
	}
	if s.VpcConfig != nil && len(s.VpcConfig.SubnetIds)+len(s.VpcConfig.SecurityGroupIds) == 0 {
		s.VpcConfig = nil
	}
	if s.DeadLetterConfig != nil && s.DeadLetterConfig.TargetArn == "" {
		s.DeadLetterConfig = nil
	}
	s.TracingConfig = cmp.Or(s.TracingConfig, &tracing{"PassThrough"})
	s.EphemeralStorage = cmp.Or(s.EphemeralStorage, &ephemeralStorage{512})
	s.LoggingConfig = cmp.Or(s.LoggingConfig, &logging{})
	s.LoggingConfig.LogFormat = cmp.Or(s.LoggingConfig.LogFormat, "Text")
	s.LoggingConfig.LogGroup = cmp.Or(s.LoggingConfig.LogGroup, "/aws/lambda/"+name)
	s.SnapStart = cmp.Or(s.SnapStart, &snapStart{})
	s.SnapStart.ApplyOn = cmp.Or(s.SnapStart.ApplyOn, "None")
	s.SnapStart.OptimizationStatus = "Off"
}

var (
	roleForm     = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	handlerForm  = regexp.MustCompile(`^\S{1,128}$`)
	modular      = regexp.MustCompile(`[^./\s]\.[^./\s]`)
	variableForm = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
)

const (
	maxTimeout     = 900
	defaultTimeout = 3
	maxMemory      = 32768
	minMemory      = 128
	maxDescription = 256
	maxStorage     = 10240
	minStorage     = 512
	maxVariables   = 4096 // bytes, of all variables of a function
)

// check says the first thing that is wrong with complete settings.
func (s *settings) check() error {
	for _, wrong := range []error{s.checkNumbers(), s.checkTexts(), s.checkCode(), s.checkVariables()} {
		if wrong != nil {
			return wrong
		}
	}
	return nil
}

func (s *settings) checkNumbers() error {
	between := func(member string, value, least, most int) error {
		switch {
		case value < least:
			return unfit(member, strconv.Itoa(value), fmt.Sprintf("Member must have value greater than or equal to %d", least))
		case value > most:
			return unfit(member, strconv.Itoa(value), fmt.Sprintf("Member must have value less than or equal to %d", most))
		}
		return nil
	}
	if err := between("timeout", s.Timeout, 1, maxTimeout); err != nil {
		return err
	}
	if err := between("memorySize", s.MemorySize, minMemory, maxMemory); err != nil {
		return err
	}
	return between("ephemeralStorage.size", s.EphemeralStorage.Size, minStorage, maxStorage)
}

func (s *settings) checkTexts() error {
	oneOf := func(member, value string, values ...string) error {
		if slices.Contains(values, value) {
			return nil
		}
		return unfit(member, value, "Member must satisfy enum value set: ["+strings.Join(values, ", ")+"]")
	}
	if !roleForm.MatchString(s.Role) {
		return unfit("role", s.Role, "Member must satisfy regular expression pattern: "+strings.Trim(roleForm.String(), "^$"))
	}
	if utf8.RuneCountInString(s.Description) > maxDescription {
		return unfit("description", s.Description, "Member must have length less than or equal to 256")
	}
	if len(s.Architectures) > 1 {
		return unfit("architectures", strings.Join(s.Architectures, ", "), "Member must have length less than or equal to 1")
	}
	for _, err := range []error{
		oneOf("architectures", s.Architectures[0], "x86_64", "arm64"),
		oneOf("tracingConfig.mode", s.TracingConfig.Mode, "Active", "PassThrough"),
		oneOf("loggingConfig.logFormat", s.LoggingConfig.LogFormat, "JSON", "Text"),
		oneOf("snapStart.applyOn", s.SnapStart.ApplyOn, "PublishedVersions", "None"),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCode wants a runtime that this machine has a chance to run, and a handler that it can find.
func (s *settings) checkCode() error {
	known := func(prefix string) bool { return strings.HasPrefix(s.Runtime, prefix) }
	switch {
	case s.Runtime == "" || s.Handler == "":
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	case !handlerForm.MatchString(s.Handler):
		return unfit("handler", s.Handler, "Member must satisfy regular expression pattern: [^\\s]+, with at most 128 characters")
	case known("nodejs"), known("python"):
		if !modular.MatchString(s.Handler) {
			return invalid("The handler %s is not of the form module.function", s.Handler)
		}
	case !known("provided") && s.Runtime != "go1.x":
		return invalid("The runtime %s is not served by Gangway: nodejs, python, provided and go1.x are", s.Runtime)
	}
	return nil
}

// reserved are the variables that a function cannot be given: "Defined runtime environment variables" in the developer guide.
var reserved = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

func (s *settings) checkVariables() error {
	if s.Environment == nil {
		return nil
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(s.Environment.Variables)) {
		value := s.Environment.Variables[name]
		size += len(name) + len(value)
		switch {
		case slices.Contains(reserved, name):
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided "+
				"contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", name)
		case !variableForm.MatchString(name) || strings.Contains(value, "\x00"):
			return unfit("environment.variables", name, "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "+
				strings.Trim(variableForm.String(), "^$")+"]")
		}
	}
	if size > maxVariables {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided "+
			"exceeded the 4KB limit. %d bytes were measured", size)
	}
	return nil
}

// unserved are members of requests that ask for what is not here. An app that needs them would not work, so they are refused.
var unserved = map[string]string{
	"Layers":                 "there are no layers: put what they hold into the archive",
	"ImageConfig":            "there are no container images",
	"ImageUri":               "there are no container images",
	"FileSystemConfigs":      "there are no file systems to mount: a function sees those of the machine",
	"CodeSigningConfigArn":   "code is not signed",
	"S3Bucket":               "code comes in the request: send it as ZipFile (a filename in Terraform)",
	"S3Key":                  "code comes in the request: send it as ZipFile (a filename in Terraform)",
	"S3ObjectVersion":        "code comes in the request: send it as ZipFile (a filename in Terraform)",
	"S3ObjectStorageMode":    "code comes in the request: send it as ZipFile (a filename in Terraform)",
	"SourceKMSKeyArn":        "code comes in the request: send it as ZipFile",
	"CapacityProviderConfig": "functions run on this machine",
	"DurableConfig":          "executions are not durable",
	"TenancyConfig":          "all invocations of a function share its processes",
	"PublishTo":              "there is one version, $LATEST",
	"Publish":                "there is one version, $LATEST",
}

// refuseUnserved refuses members that say something, unlike [], {}, false, null and "".
func refuseUnserved(request map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(request)) {
		why, listed := unserved[name]
		if !listed {
			continue
		}
		text := strings.Join(strings.Fields(string(request[name])), "")
		if !slices.Contains([]string{"[]", "{}", "false", "null", `""`}, text) {
			return invalid("%s is not served by Gangway: %s", name, why)
		}
	}
	return nil
}

var errNotJSON = faultf(http.StatusBadRequest, "SerializationException", "The request could not be read: it is not JSON with members of the right types")
