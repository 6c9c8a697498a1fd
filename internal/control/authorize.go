package control

import (
	"maps"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// authorize makes sure that the caller may have the operation that was asked for: "Control access to API Gateway with IAM
// policies" in the developer guide. The actions of API Gateway are methods, its resources the paths of its objects.
func (c *call) authorize() error {
	if strings.HasPrefix(c.operation.Path, "/gangway/") {
		resource := "arn:aws:gangway:" + c.Names.Region + ":" + c.Names.Account + ":" + string(c.ownKey())
		return c.caller.Authorize("gangway:"+c.operation.Name, resource, c.context())
	}
	return c.caller.Authorize("apigateway:"+c.operation.Method, c.resource(c.key), c.context())
}

// ownKey is what an operation of ours is about. A credential that is to be made has its name in the body.
func (c *call) ownKey() gateway.Key {
	var sent struct {
		Name string `json:"name"`
	}
	switch key := c.key; {
	case key.Within("credentials") && c.param["name"] != "":
		return gateway.Key("").Child("credentials", c.param["name"])
	case key == "credentials" && c.operation.Method == post && decode(c.body, &sent) == nil:
		return gateway.Key("").Child("credentials", sent.Name)
	default:
		return key
	}
}

// may makes sure that the caller may also do something to another object than the one that the path names.
func (c *call) may(method string, key gateway.Key) error {
	facts := maps.Clone(c.facts)
	c.addResourceTags(facts, key)
	return c.caller.Authorize("apigateway:"+method, c.resource(key), facts)
}

// resource is the ARN of what a key names.
func (c *call) resource(key gateway.Key) string {
	path := string(key)
	switch rest, isLink := strings.CutPrefix(path, "vpclinksv1"); {
	case strings.HasPrefix(path, "tags/"):
		// The ARN of what is tagged stands in it as one encoded segment, in the one form that policies can name it by.
		arn := c.tagged()
		if tagged, ok := gateway.KeyOfARN(arn); ok {
			arn = "arn:aws:apigateway:" + c.Names.Region + "::/" + string(tagged)
		}
		path = "tags/" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(arn)
	case isLink:
		path = "vpclinks" + rest
	}
	return "arn:aws:apigateway:" + c.Names.Region + "::/" + path
}

// context is what conditions of policies may ask about the call: the request, the tags that it sends, and those of the
// object that it is about. Condition keys are the same in any case: of tags that differ in nothing else, each is a value.
func (c *call) context() map[string][]string {
	facts := maps.Clone(c.facts)
	var sent tagHolder
	if c.operation.body != nil && decode(c.body, &sent) == nil {
		for name, value := range sent.Tags {
			key := "aws:requesttag/" + strings.ToLower(name)
			facts[key] = append(facts[key], value)
			facts["aws:tagkeys"] = append(facts["aws:tagkeys"], name)
		}
	}
	if slices.Contains(c.operation.query, tagKeys) {
		facts["aws:tagkeys"] = c.query[tagKeys]
	}
	key := c.key
	if arn := c.tagged(); arn != "" {
		key, _ = named(c.Objects, arn)
	}
	c.addResourceTags(facts, key)
	return facts
}

// addResourceTags adds the tags of an object, or of the lowest above it that can have some.
func (c *call) addResourceTags(facts map[string][]string, key gateway.Key) {
	for ; key != ""; key = key.Up() {
		var object tagHolder
		stored, ok := c.Objects.Get(key)
		if !ok || decodeStored(stored, &object) != nil || object.Tags == nil {
			continue
		}
		for name, value := range object.Tags {
			name = "aws:resourcetag/" + strings.ToLower(name)
			facts[name] = append(facts[name], value)
		}
		return
	}
}

// tagged is the ARN in the path of an operation on tags; empty for all others.
func (c *call) tagged() string { return c.param["resource-arn"] + c.param["resource_arn"] }
