package cloudformation

import (
	"slices"
	"strings"
)

const (
	samFunction  = "AWS::Serverless::Function"
	samWebSocket = "AWS::Serverless::WebSocketApi"
	samTable     = "AWS::Serverless::SimpleTable"
	samLayer     = "AWS::Serverless::LayerVersion"
)

// model expands the resources of SAM. Source: "AWS SAM resources and properties" and "Generated CloudFormation resources",
// SAM developer guide.
type model struct {
	*scope
	source *declaration // what is being expanded
	made   []*declaration
}

// expand replaces resources of SAM by those of CloudFormation. What it makes has the position of what it is made of.
func (s *scope) expand(declarations []*declaration, globals *value) []*declaration {
	m := &model{scope: s}
	defaults := s.globals(globals)
	for _, d := range declarations {
		s.resource, s.path = d.id, []string{"Properties"}
		m.source = d
		kind, ours := strings.CutPrefix(d.kind, "AWS::Serverless::")
		if !ours {
			m.made = append(m.made, d)
			continue
		}
		d.properties = s.inherit(d, defaults.get(kind))
		switch d.kind {
		case samFunction:
			m.function()
		case samWebSocket:
			m.webSocket()
		case samTable:
			m.table()
		case samLayer:
			m.layer()
		default:
			s.aliases[d.id+".Stage"] = newCall(d.at, "Ref", newText(d.at, d.id))
			m.made = append(m.made, d)
		}
	}
	m.collisions(declarations)
	s.resource, s.path = "", nil
	return m.made
}

// collisions reports resources that are in the template and are made by another as well.
func (m *model) collisions(declarations []*declaration) {
	seen := map[string]string{}
	for _, d := range declarations {
		seen[d.id] = d.id
	}
	for _, d := range m.made {
		if other := seen[d.id]; other != "" && d.attributes == nil {
			m.resource, m.path = d.id, nil
			m.fail(d.at, "the transform makes a resource %s, but there is one already", d.id)
		}
		seen[d.id] = d.id
	}
}

// main makes the resource that takes the place of the one that is expanded.
func (m *model) main(kind string, properties *value) {
	made := *m.source
	made.kind, made.properties = kind, properties
	m.made = append(m.made, &made)
}

// extra makes one more resource, of which the same becomes as of the one that is expanded.
func (m *model) extra(id, kind string, members ...member) *declaration {
	made := &declaration{id: id, kind: kind, at: m.source.at, properties: newObject(m.source.at, members...), policies: m.source.policies}
	m.made = append(m.made, made)
	return made
}

func (m *model) text(s string) *value { return newText(m.source.at, s) }

// refTo is a reference to a resource, also to one that is still to be made.
func (m *model) refTo(id string) *value { return newCall(m.source.at, "Ref", m.text(id)) }

func (m *model) arnOf(id string) *value { return newCall(m.source.at, "Fn::GetAtt", m.text(id+".Arn")) }

// property is a property of the resource that is expanded, or nil.
func (m *model) property(name string) *value { return m.source.properties.get(name) }

// settled is a property as far as parameters, mappings and conditions decide it; nil if that is AWS::NoValue.
func (m *model) settled(name string) *value {
	written := m.property(name)
	if written == nil {
		return nil
	}
	quiet := *m.scope
	quiet.errs, quiet.trusting = &mistakes{}, true
	made := quiet.eval(written)
	m.work, m.scope.text = quiet.work, quiet.text
	if made.kind == absent {
		return nil
	}
	if made.kind == broken {
		return written
	}
	return made
}

// passed are the properties that stay as they are.
func (m *model) passed(names ...string) []member {
	var members []member
	for _, name := range names {
		members = append(members, field(name, m.property(name)))
	}
	return members
}

// known reports properties that the type does not have, and required ones that are missing.
func (m *model) known(names []string, required ...string) bool {
	before := len(m.errs.found)
	for _, one := range m.source.properties.members {
		if !slices.Contains(names, one.key) {
			m.fail(one.at, "%s has no property %s; the nearest is %s", m.source.kind, one.key, nearest(one.key, names))
		}
	}
	for _, name := range required {
		if m.property(name) == nil {
			m.fail(m.source.at, "the property %s is missing", name)
		}
	}
	return len(m.errs.found) == before
}

// tagList are tags as a list, with the one that SAM adds in front.
func (m *model) tagList(tags *value, ours string) *value {
	made := newList(m.source.at)
	add := func(key string, v *value) {
		made.items = append(made.items, newObject(v.at, field("Key", newText(v.at, key)), field("Value", v)))
	}
	if ours != "" {
		add(ours, m.text("SAM"))
	}
	for _, tag := range tags.entries() {
		add(tag.key, tag.value)
	}
	if len(made.items) == 0 {
		return nil
	}
	return made
}

// table is a DynamoDB table with one key. Source: "AWS::Serverless::SimpleTable".
func (m *model) table() {
	name, kind := m.text("id"), m.text("S")
	if key := m.settled("PrimaryKey"); key != nil {
		name = key.get("Name")
		written, _ := key.get("Type").scalar()
		letter, ok := map[string]string{"String": "S", "Number": "N", "Binary": "B"}[written]
		if !ok || name == nil {
			m.fail(key.at, "PrimaryKey needs a Name and a Type of String, Number or Binary")
			return
		}
		kind = m.text(letter)
	}
	at := m.source.at
	members := []member{
		field("AttributeDefinitions", newList(at, newObject(at, field("AttributeName", name), field("AttributeType", kind)))),
		field("KeySchema", newList(at, newObject(at, field("AttributeName", name), field("KeyType", m.text("HASH"))))),
		field("Tags", m.tagList(m.settled("Tags"), "")),
	}
	members = append(members, m.passed("PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName")...)
	if m.property("ProvisionedThroughput") == nil {
		members = append(members, field("BillingMode", m.text("PAY_PER_REQUEST")))
	}
	m.main("AWS::DynamoDB::Table", newObject(at, members...))
}

// layer is a layer of functions. Source: "AWS::Serverless::LayerVersion".
func (m *model) layer() {
	if m.settled("ContentUri") == nil {
		m.fail(m.source.at, "the property ContentUri is missing")
		return
	}
	members := m.passed("CompatibleArchitectures", "CompatibleRuntimes", "Description", "LayerName", "LicenseInfo")
	if m.property("LayerName") == nil {
		members = append(members, field("LayerName", m.text(m.source.id)))
	}
	members = append(members, field("Content", m.location("ContentUri")))
	m.main("AWS::Lambda::LayerVersion", newObject(m.source.at, members...))
}

// location is where code is: an object in S3, or a path on this machine as it was before it was packaged.
func (m *model) location(name string) *value {
	written := m.settled(name)
	if written.kind == object {
		return newObject(
			written.at, field("S3Bucket", written.get("Bucket")), field("S3Key", written.get("Key")),
			field("S3ObjectVersion", written.get("Version")),
		)
	}
	address, _ := written.scalar()
	rest, remote := strings.CutPrefix(address, "s3://")
	bucket, key, ok := strings.Cut(rest, "/")
	if !remote || !ok {
		return written
	}
	return newObject(written.at, field("S3Bucket", newText(written.at, bucket)), field("S3Key", newText(written.at, key)))
}
