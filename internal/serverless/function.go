package serverless

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// function is one of the service's functions.
type function struct {
	key      string     // what the service calls it
	at       *yaml.Node // the key
	settings *yaml.Node
}

// id is the logical id.
func (f *function) id() string { return normal(f.key) + "LambdaFunction" }

// arn is what calls the function, as a function of CloudFormation.
func (f *function) arn(at *yaml.Node) *yaml.Node { return attribute(at, f.id(), "Arn") }

// normal is how the framework makes a name fit for logical ids.
func normal(name string) string {
	name = strings.NewReplacer("-", "Dash", "_", "Underscore").Replace(name)
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// readFunctions reads which functions there are; what is in them is read when it is needed. One that is null is none: the framework
// has it so, and services take functions out of a stage in this way.
func (r *reader) readFunctions() {
	all := r.get(r.root, "functions")
	if all != nil && all.Kind == yaml.SequenceNode {
		all = r.merged(all)
	}
	if all != nil && all.Kind != yaml.MappingNode {
		r.wrong(all, "\"functions\" is %s, not a mapping", kindOf(all))
	}
	for key := range members(all) {
		if len(r.functions) == maxFunctions {
			r.wrong(key, "more than %d functions", maxFunctions)
			return
		}
		settings := r.mapping(all, key.Value)
		switch {
		case settings == nil:
		case !functionName.MatchString(key.Value):
			r.wrong(key, "the name of a function is letters, digits, hyphens and underscores, not %q", brief(key.Value))
		default:
			r.functions = append(r.functions, &function{key.Value, key, settings})
		}
	}
}

// function is the one of a name, or nil.
func (r *reader) function(key string) *function {
	for _, f := range r.functions {
		if f.key == key {
			return f
		}
	}
	return nil
}

// functionKeys are the names of all functions.
func (r *reader) functionKeys() []string {
	var names []string
	for _, f := range r.functions {
		names = append(names, f.key)
	}
	return names
}

// physicalName is what the function is called in the account.
func (r *reader) physicalName(f *function) string {
	if name := r.word(f.settings, "name"); name != "" {
		return name
	}
	return r.name + "-" + r.stage + "-" + f.key
}

// resource adds a resource to the template, in the place of one with the same id.
func (r *reader) resource(at *yaml.Node, id string, resource *yaml.Node) {
	set(r.resources, text(at, id), resource)
}

// logGroup makes the log group that a function waits for.
func (r *reader) logGroup(f *function) {
	if r.word(f.settings, "disableLogs") == "true" {
		return
	}
	r.resource(f.at, normal(f.key)+"LogGroup", object(f.at, "Type", "AWS::Logs::LogGroup",
		"Properties", object(f.at, "LogGroupName", "/aws/lambda/"+r.physicalName(f)),
		"Condition", r.full(f.settings, "condition")))
}

// lambda makes the function itself.
func (r *reader) lambda(f *function) {
	r.unknown(f.settings, "function \""+f.key+"\"", functionKeys)
	r.checkHandler(f)
	at := f.at
	role, roleID := r.role(f)
	var needed []any
	if r.word(f.settings, "disableLogs") != "true" {
		needed = append(needed, normal(f.key)+"LogGroup")
	}
	if own := r.full(f.settings, "dependsOn"); own != nil {
		for _, one := range items(own) {
			needed = append(needed, one)
		}
	}
	if roleID != "" {
		needed = append(needed, roleID)
	}
	var dependsOn *yaml.Node
	if needed != nil {
		dependsOn = list(at, needed...)
	}
	runtime := r.either(f.settings, r.provider, "runtime")
	if runtime == nil {
		runtime = text(at, defaultRuntime)
	}
	r.resource(at, f.id(), object(at, "Type", "AWS::Lambda::Function",
		"Properties", object(at,
			"Code", r.code(f), "Handler", r.full(f.settings, "handler"), "Runtime", runtime, "FunctionName", r.physicalName(f),
			"MemorySize", r.number(f, "memorySize", 1024, 128, 10240), "Timeout", r.number(f, "timeout", 6, 1, 900),
			"Architectures", architectures(r.either(f.settings, r.provider, "architecture")),
			"Description", r.full(f.settings, "description"), "Tags", r.functionTags(f),
			"EphemeralStorage", storage(r.full(f.settings, "ephemeralStorageSize")), "Environment", r.environmentOf(f),
			"Role", role, "ReservedConcurrentExecutions", r.full(f.settings, "reservedConcurrency"),
			"Layers", r.either(f.settings, r.provider, "layers")),
		"Condition", r.full(f.settings, "condition"), "DependsOn", dependsOn))
}

// checkHandler tells of what cannot be run, and of settings that have no effect.
func (r *reader) checkHandler(f *function) {
	handler, image := r.get(f.settings, "handler"), r.get(f.settings, "image")
	switch {
	case image != nil:
		r.wrong(image, "function %q is a container image, and only functions with a handler are run here", f.key)
	case handler == nil:
		r.wrong(f.at, "function %q has no handler", f.key)
	case handler.Kind != yaml.ScalarNode:
		r.wrong(handler, "the handler of %q is %s, not a text", f.key, kindOf(handler))
	}
	for key := range members(f.settings) {
		if why, known := functionsOnAWS[key.Value]; known {
			r.note(key, "%s of function %q is ignored: %s", key.Value, f.key, why)
		}
	}
}

// code is the folder of the service, unless the service says what is to be uploaded.
func (r *reader) code(f *function) *yaml.Node {
	for _, section := range []*yaml.Node{f.settings, r.root} {
		if artifact := r.full(r.mapping(section, "package"), "artifact"); artifact != nil {
			if strings.HasPrefix(artifact.Value, "s3:") {
				r.wrong(artifact, "the code of %q lies in a bucket: give the path of a file or folder", f.key)
			}
			return artifact
		}
	}
	return text(f.at, ".")
}

// number is a setting of a function, or the provider's, between two limits.
func (r *reader) number(f *function, key string, otherwise, least, most int) *yaml.Node {
	value := r.either(f.settings, r.provider, key)
	if value == nil {
		return node(f.at, otherwise)
	}
	word, _ := plainText(value)
	n, err := strconv.Atoi(strings.TrimSpace(word))
	if err != nil || n < least || n > most {
		r.wrong(value, "%s of function %q is a whole number from %d to %d", key, f.key, least, most)
		return nil
	}
	return node(value, n)
}

// environmentOf are the function's variables over those of the provider. Values are texts, or functions of CloudFormation.
func (r *reader) environmentOf(f *function) *yaml.Node {
	var made *yaml.Node
	for _, section := range []*yaml.Node{r.provider, f.settings} {
		variables := r.mapping(section, "environment")
		if variables == nil {
			continue
		}
		if made == nil {
			made = object(variables)
		}
		for key := range members(variables) {
			value := r.full(variables, key.Value)
			switch {
			case !variableName.MatchString(key.Value):
				r.wrong(key, "%q cannot be the name of an environment variable", brief(key.Value))
			case value == nil:
				drop(made, key.Value) // null takes a variable of the provider away
			case value.Kind == yaml.SequenceNode:
				r.wrong(value, "the environment variable %s is a list, not a text", key.Value)
			default:
				set(made, key, asText(value))
			}
		}
	}
	if made == nil {
		return nil
	}
	return object(made, "Variables", made)
}

// asText makes a text of a number or truth, and leaves anything else.
func asText(value *yaml.Node) *yaml.Node {
	if word, ok := plainText(value); ok {
		return text(value, word)
	}
	return value
}

// drop takes a key out of a mapping.
func drop(mapping *yaml.Node, key string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = append(mapping.Content[:i], mapping.Content[i+2:]...)
			return
		}
	}
}

// functionTags are those of the provider and the function's own, as a list.
func (r *reader) functionTags(f *function) *yaml.Node {
	tags := object(f.at)
	for _, section := range []*yaml.Node{r.provider, f.settings} {
		for key, value := range members(r.full(section, "tags")) {
			set(tags, key, asText(value))
		}
	}
	if len(tags.Content) == 0 {
		return nil
	}
	made := list(f.at)
	for key, value := range members(tags) {
		made.Content = append(made.Content, object(key, "Key", key, "Value", value))
	}
	return made
}

// architectures is the list that CloudFormation has for the one architecture of the framework.
func architectures(one *yaml.Node) *yaml.Node {
	if one == nil {
		return nil
	}
	return list(one, one)
}

// storage is the size of /tmp as CloudFormation has it.
func storage(size *yaml.Node) *yaml.Node {
	if size == nil {
		return nil
	}
	return object(size, "Size", size)
}

// items are those of a list; of anything else, it alone.
func items(one *yaml.Node) []*yaml.Node {
	if one.Kind == yaml.SequenceNode {
		return one.Content
	}
	return []*yaml.Node{one}
}

// role is what the function runs as, and the logical id it has to wait for.
func (r *reader) role(f *function) (role *yaml.Node, id string) {
	role = r.full(f.settings, "role")
	if role == nil {
		role = existing(r.full(r.mapping(r.provider, "iam"), "role"))
	}
	if role == nil {
		role = r.full(r.provider, "role")
	}
	switch {
	case role == nil:
		r.defaultRoleIsWanting = true
		return attribute(f.at, "IamRoleLambdaExecution", "Arn"), ""
	case role.Kind != yaml.ScalarNode:
		if of := member(role, "Fn::GetAtt"); of != nil && len(items(of)) > 0 {
			return role, items(of)[0].Value
		}
		return role, ""
	case strings.HasPrefix(role.Value, "arn:"):
		return role, ""
	}
	return attribute(role, role.Value, "Arn"), role.Value
}

// existing is a role that provider.iam.role names; statements for one that is to be made are not a name.
func existing(role *yaml.Node) *yaml.Node {
	if role == nil || role.Kind == yaml.ScalarNode {
		return role
	}
	for key := range members(role) {
		if key.Value == "Ref" || strings.HasPrefix(key.Value, "Fn::") {
			return role
		}
	}
	return nil
}

// executionRole makes the role that functions have without one of their own. What it permits is nobody's business here, and
// left out. It stands before the functions, where the framework has it.
func (r *reader) executionRole(place int) {
	if !r.defaultRoleIsWanting {
		return
	}
	at := r.provider
	role := object(at, "Type", "AWS::IAM::Role", "Properties", object(at,
		"AssumeRolePolicyDocument", object(at, "Version", "2012-10-17", "Statement", list(at, object(at,
			"Effect", "Allow", "Principal", object(at, "Service", list(at, "lambda.amazonaws.com")),
			"Action", list(at, "sts:AssumeRole")))),
		"Path", "/",
		"RoleName", join(at, "-", r.name, r.stage, ref(at, "AWS::Region"), "lambdaRole")))
	tail := append([]*yaml.Node{text(at, "IamRoleLambdaExecution"), role}, r.resources.Content[place:]...)
	r.resources.Content = append(r.resources.Content[:place:place], tail...)
}

// readLayers makes the layers that the service has itself.
func (r *reader) readLayers() {
	layers := r.mapping(r.root, "layers")
	for key := range members(layers) {
		layer := r.full(layers, key.Value)
		if layer == nil {
			continue
		}
		content := member(member(layer, "package"), "artifact")
		if content == nil {
			content = member(layer, "path")
		}
		if content == nil {
			r.wrong(key, "layer %q has no path", key.Value)
			continue
		}
		name := member(layer, "name")
		if name == nil {
			name = key
		}
		r.resource(key, normal(key.Value)+"LambdaLayer", object(key, "Type", "AWS::Lambda::LayerVersion",
			"Properties", object(key, "Content", content, "LayerName", name,
				"Description", member(layer, "description"), "CompatibleRuntimes", member(layer, "compatibleRuntimes"))))
	}
}
