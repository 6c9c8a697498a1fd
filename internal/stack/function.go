package stack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
)

const (
	typeFunction = "AWS::Lambda::Function"
	typeLayer    = "AWS::Lambda::LayerVersion"
)

// Function is a function that a template has; somebody else runs it.
type Function struct {
	ID, Name         string
	Runtime, Handler string
	// Code is the folder or zip file of its code, absolute; Inline the code itself, where the template has that; Note says
	// why there is neither.
	Code, Inline, Note string
	Environment        map[string]string
	Timeout, Memory    int // seconds, megabytes
	Concurrency        int // as many as are reserved; 0: it is not said; -1: none may run
	Layers             []string
	Where              cloudformation.Position
}

// unread are the properties of a function on which nothing here depends: the rest of "AWS::Lambda::Function" in the CloudFormation
// template reference.
var unread = []string{
	"Architectures", "CapacityProviderConfig", "Code", "CodeSigningConfigArn", "DeadLetterConfig", "Description", "DurableConfig", "EphemeralStorage",
	"FileSystemConfigs", "FunctionScalingConfig", "ImageConfig", "KmsKeyArn", "LoggingConfig", "PackageType", "PublishToLatestPublished",
	"RecursiveLoop", "Role", "RuntimeManagementConfig", "SnapStart", "Tags", "TenancyConfig", "TracingConfig", "VpcConfig",
}

// functionProperties are those that are looked at.
var functionProperties = []property{
	{name: "FunctionName", form: text},
	{name: "Runtime", form: text},
	{name: "Handler", form: text},
	{name: "Timeout", form: whole},
	{name: "MemorySize", form: whole},
	{name: "ReservedConcurrentExecutions", form: whole},
	{name: "Layers", form: texts},
	{name: "Environment", form: objectOf(property{name: "Variables", form: textMap})},
}

// function reads a function of a template. What it finds wrong it tells with the rest.
func (s *Stack) function(r *cloudformation.Resource, properties map[string]any) (Function, error) {
	looked := maps.Clone(properties)
	maps.DeleteFunc(looked, func(name string, _ any) bool { return slices.Contains(unread, name) })
	read, err := readProperties(functionProperties, looked, unread...)
	f := Function{
		ID: r.ID, Name: s.functionName(r, properties), Where: r.Where,
		Runtime: asText(read["runtime"]), Handler: asText(read["handler"]),
		Timeout: count(read["timeout"], 3), Memory: count(read["memorySize"], 128),
		Concurrency: count(read["reservedConcurrentExecutions"], 0), Environment: map[string]string{},
	}
	if reserved, said := read["reservedConcurrentExecutions"].(float64); said && reserved < 0 {
		err = errors.Join(err, fmt.Errorf("ReservedConcurrentExecutions: expected 0 or more, got %v", reserved))
	} else if said && reserved == 0 { // "to stop a function": Lambda's developer guide, "Configuring reserved concurrency"
		f.Concurrency = -1
	}
	if layers, ok := read["layers"].([]any); ok {
		for _, layer := range layers {
			f.Layers = append(f.Layers, asText(layer))
		}
	}
	environment, _ := read["environment"].(object)
	variables, _ := environment["variables"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		f.Environment[name] = hideUnknown(asText(variables[name]))
	}
	code, _ := properties["Code"].(map[string]any)
	f.Inline = asText(code["ZipFile"])
	if f.Inline == "" {
		f.Code, f.Note = codeOf(r, properties["Code"])
	}
	if f.Code == "" && asText(properties["PackageType"]) == "Image" {
		f.Note = cmp.Or(f.Note, "its code is an image that is yet to be built")
	}
	if f.Code == "" && f.Inline == "" && f.Note == "" {
		err = errors.Join(err, errors.New("property Code is required: a folder, a zip file, or ZipFile with the code itself"))
	}
	return f, err
}

// count is a whole number of a template, or its default.
func count(v any, initial int) int {
	n, ok := v.(float64)
	if !ok {
		return initial
	}
	return int(n)
}

// functionName is the name of a function: letters, digits, hyphens and underscores, at most 64. One that is too long is cut,
// and a hash tells it from others that begin like it.
func (s *Stack) functionName(r *cloudformation.Resource, properties map[string]any) string {
	name := cmp.Or(asText(properties["FunctionName"]), s.cfg.Name+"-"+r.ID)
	const most = 64
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	end := "-" + hex.EncodeToString(sum[:4])
	return name[:most-len(end)] + end
}

// codeOf is where the code of a function or layer is, or a note why nobody knows.
func codeOf(r *cloudformation.Resource, code any) (path, note string) {
	if path, ok := r.Asset(); ok {
		return absolute("", path), ""
	}
	switch code := code.(type) {
	case string: // a path, as in a template that is yet to be packaged
		if code != "" && !strings.Contains(code, "://") {
			return absolute(r.Dir(), code), ""
		}
		return "", "its code is elsewhere: " + code
	case map[string]any:
		for _, member := range []string{"ImageUri", "S3Key"} {
			if there := asText(code[member]); there != "" {
				return "", "its code is elsewhere: " + there
			}
		}
	}
	return "", ""
}

// absolute is a path that does not depend on where a command is run.
func absolute(dir, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if found, err := filepath.Abs(path); err == nil {
		return found
	}
	return path
}

// invoked is what a function, its versions and its aliases give.
func (s *Stack) invoked(r *cloudformation.Resource, properties map[string]any) value {
	name, qualifier := s.functionName(r, properties), ""
	switch r.Type {
	case "AWS::Lambda::Alias":
		name, qualifier = s.shortName(properties), ":"+asText(properties["Name"])
	case "AWS::Lambda::Version":
		name, qualifier = s.shortName(properties), ":1"
	}
	arn := s.cfg.FunctionARN(name) + qualifier
	var ref any = arn
	if qualifier == "" {
		ref = name
	}
	return value{ref: ref, attributes: func(attribute string) (any, error) {
		switch attribute {
		case "Arn", "FunctionArn", "AliasArn":
			return arn, nil
		case "Version":
			return "1", nil
		default:
			return nil, unknownName("attribute", attribute, []string{"Arn", "FunctionArn", "Version"})
		}
	}}
}

// shortName is the name of the function that a version or alias is of, which may be named by its ARN.
func (s *Stack) shortName(properties map[string]any) string {
	name := asText(properties["FunctionName"])
	return name[strings.LastIndexByte(name, ':')+1:]
}
