package serverless

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

const (
	defaultRegion  = "us-east-1"
	defaultRuntime = "nodejs24.x" // of osls 4
	maxFunctions   = 500          // and of events: CloudFormation has no room for the resources of more
)

// reader makes a template of a service.
type reader struct {
	*mistakes
	dir       string
	o         Options
	variables *resolver

	root, provider       *yaml.Node
	name, stage, region  string
	functions            []*function
	resources, outputs   *yaml.Node
	defaultRoleIsWanting bool
}

var (
	serviceName  = regexp.MustCompile(`^[a-zA-Z][0-9a-zA-Z-]+$`)
	stageName    = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	logicalID    = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// service reads everything, in the order in which the framework makes its resources.
func (r *reader) service(root *yaml.Node) *Service {
	r.root = root
	r.resources, r.outputs = object(root), object(root)
	r.unknown(root, "this", serviceKeys)
	r.head()
	if len(r.found) > 0 {
		return nil // without a provider, all that follows would be wrong as well
	}
	r.readFunctions()
	r.readLayers()
	for _, f := range r.functions {
		r.logGroup(f)
	}
	role := len(r.resources.Content)
	for _, f := range r.functions {
		r.lambda(f)
	}
	r.executionRole(role)
	events := r.events()
	if len(events) > 0 {
		r.websocket(events)
	}
	template := r.template()
	if len(events) == 0 && len(r.found) == 0 && !hasAPI(template) {
		r.wrong(root, "no function has an event of the kind websocket: there is no API to make")
	}
	return &Service{Name: r.name, Stage: r.stage, Region: r.region, Template: template, Notes: r.notes}
}

// head reads who and where the service is.
func (r *reader) head() {
	r.provider = r.get(r.root, "provider")
	switch {
	case r.provider == nil:
		r.wrong(r.root, "the service has no \"provider\"")
		return
	case r.provider.Kind == yaml.ScalarNode: // "provider: aws"
		r.provider = object(r.provider, "name", r.provider)
	case r.provider.Kind != yaml.MappingNode:
		r.wrong(r.provider, "\"provider\" is %s, not a mapping", kindOf(r.provider))
		return
	}
	if name := r.word(r.provider, "name"); name != "aws" {
		r.wrong(r.provider, "the provider is %q, and only aws has WebSocket APIs of this kind", name)
	}
	r.place()
	if service := r.get(r.root, "service"); service != nil && service.Kind == yaml.MappingNode {
		r.wrong(service, "\"service\" is the name itself, as in \"service: chat\"")
	} else if r.name = r.word(r.root, "service"); r.name == "" {
		r.wrong(r.root, "the service has no name: add \"service\"")
	} else if !serviceName.MatchString(r.name) {
		r.wrong(service, "the name %q is not letters, digits and hyphens", brief(r.name))
	}
	if r.name != "" {
		r.checkProvider()
	}
}

// place settles stage and region, and takes .env into account, which depends on the stage.
func (r *reader) place() {
	var err error
	if r.stage, err = r.variables.stage(); err != nil {
		r.add(err)
		return
	}
	if !stageName.MatchString(r.stage) {
		r.wrong(r.provider, "the stage %q is not letters, digits and hyphens", brief(r.stage))
	}
	if use := r.word(r.root, "useDotenv"); use == "true" {
		if err := r.variables.loadDotenv(r.stage); err != nil {
			r.wrong(r.get(r.root, "useDotenv"), "%s", err)
		}
	}
	if r.region, err = r.variables.region(); err != nil {
		r.add(err)
	}
}

// checkProvider tells of settings that have no effect, and refuses the one that would change what the service is.
func (r *reader) checkProvider() {
	r.unknown(r.provider, "\"provider\"", providerKeys)
	if id := r.get(r.get(r.provider, "apiGateway"), "websocketApiId"); id != nil {
		r.wrong(id, "the routes would go into an API of another service (websocketApiId), which is not here: "+
			"remove the setting to have an API of their own")
	}
	for key, value := range members(r.provider) {
		if why, known := accountOnly[key.Value]; known && !null(value) {
			r.note(key, "provider.%s is ignored: %s", key.Value, why)
		}
	}
	for key := range members(r.root) {
		if key.Value == "plugins" {
			r.note(key, "plugins are not run")
		}
	}
}

// template puts the service's own resources into what was made.
func (r *reader) template() *yaml.Node {
	made := object(r.root,
		"AWSTemplateFormatVersion", "2010-09-09",
		"Description", "The AWS CloudFormation template for this Serverless application",
		"Resources", r.resources, "Outputs", r.outputs)
	own := r.get(r.root, "resources")
	if own != nil && own.Kind == yaml.SequenceNode {
		own = r.merged(own)
	}
	if own == nil {
		return made
	}
	if own.Kind != yaml.MappingNode {
		r.wrong(own, "\"resources\" is %s, not a mapping", kindOf(own))
		return made
	}
	whole, _ := r.variables.all(own, 0)
	if whole == nil {
		return made
	}
	return r.combine(made, whole)
}

// hasAPI says whether there is an API, be it one that the service has made by hand.
func hasAPI(template *yaml.Node) bool {
	for _, resource := range members(member(template, "Resources")) {
		if kind := member(resource, "Type"); kind != nil && kind.Value == "AWS::ApiGatewayV2::Api" {
			return true
		}
	}
	return false
}

// The readers of settings below give nothing for what is absent, null or wrong, and tell of what is wrong.

// get is what a setting stands for; what is in it may still have variables.
func (r *reader) get(section *yaml.Node, key string) *yaml.Node {
	value := member(section, key)
	if value == nil {
		return nil
	}
	made, err := r.variables.open(value)
	if err != nil {
		r.add(err)
		return nil
	}
	if null(made) {
		return nil
	}
	return made
}

// full is a setting with everything in it.
func (r *reader) full(section *yaml.Node, key string) *yaml.Node {
	value := member(section, key)
	if value == nil {
		return nil
	}
	made, _ := r.variables.all(value, 0)
	if null(made) {
		return nil
	}
	return made
}

// word is a setting that is one value.
func (r *reader) word(section *yaml.Node, key string) string {
	value := r.get(section, key)
	if value == nil {
		return ""
	}
	word, ok := plainText(value)
	if !ok {
		r.wrong(value, "%q is %s, not a text", key, kindOf(value))
	}
	return word
}

// either is the first section's setting, or else the second's.
func (r *reader) either(first, second *yaml.Node, key string) *yaml.Node {
	if value := r.full(first, key); value != nil {
		return value
	}
	return r.full(second, key)
}

// mapping is a setting that is a mapping, to be read on.
func (r *reader) mapping(section *yaml.Node, key string) *yaml.Node {
	value := r.get(section, key)
	if value != nil && value.Kind != yaml.MappingNode {
		r.wrong(value, "%q is %s, not a mapping", key, kindOf(value))
		return nil
	}
	return value
}

// merged is a list of mappings made one, as the framework does for functions and resources.
func (r *reader) merged(parts *yaml.Node) *yaml.Node {
	made := object(parts)
	for _, part := range parts.Content {
		opened, err := r.variables.open(part)
		switch {
		case err != nil:
			r.add(err)
		case null(opened):
		case opened.Kind != yaml.MappingNode:
			r.wrong(opened, "this is %s, and only mappings can be merged", kindOf(opened))
		default:
			made = merge(made, opened)
		}
	}
	return made
}

// merge puts one tree over another: mappings are joined, lists too, item by item, and of values the second wins.
func merge(under, over *yaml.Node) *yaml.Node {
	if under.Kind != over.Kind || over.Kind == yaml.ScalarNode {
		return over
	}
	made := &yaml.Node{Kind: over.Kind, Tag: over.Tag, Line: under.Line, Column: under.Column}
	made.Content = append(made.Content, under.Content...)
	if over.Kind == yaml.SequenceNode {
		for i, item := range over.Content {
			if i < len(made.Content) {
				item = merge(made.Content[i], item)
				made.Content[i] = item
				continue
			}
			made.Content = append(made.Content, item)
		}
		return made
	}
	at := map[string]int{}
	for i := 0; i+1 < len(made.Content); i += 2 {
		at[made.Content[i].Value] = i + 1
	}
	for key, value := range members(over) {
		if i, has := at[key.Value]; has {
			made.Content[i] = merge(made.Content[i], value)
			continue
		}
		made.Content = append(made.Content, key, value)
	}
	return made
}
