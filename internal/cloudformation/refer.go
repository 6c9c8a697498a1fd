package cloudformation

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

const noValue = "AWS::NoValue"

// pseudo are the parameters that every template has.
// Source: "Get AWS values using pseudo parameters", CloudFormation user guide.
func pseudo(o Options) map[string]*value {
	sum := sha256.Sum256([]byte(o.Region + "/" + o.Account + "/" + o.StackName))
	id := fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	return map[string]*value{
		"AWS::AccountId":        newText(mark{}, o.Account),
		"AWS::NotificationARNs": newList(mark{}),
		noValue:                 {kind: absent},
		"AWS::Partition":        newText(mark{}, "aws"),
		"AWS::Region":           newText(mark{}, o.Region),
		"AWS::StackId":          newText(mark{}, "arn:aws:cloudformation:"+o.Region+":"+o.Account+":stack/"+o.StackName+"/"+id),
		"AWS::StackName":        newText(mark{}, o.StackName),
		"AWS::URLSuffix":        newText(mark{}, "amazonaws.com"),
	}
}

// ref is Ref, whose argument is always written out.
func (s *scope) ref(v *value) *value {
	if v.items[0].kind != text {
		return s.fail(v.at, "Ref takes a name, not %s", kindNames[v.items[0].kind])
	}
	return s.refer(v.at, v.items[0].text)
}

// refer is what Ref of a name is.
func (s *scope) refer(at mark, name string) *value {
	if s.values != nil { // what was left open names a resource
		given, err := s.values.Ref(name)
		return s.given(at, given, err)
	}
	if found, ok := s.parameters[name]; ok {
		s.used(name)
		if found.open && s.static != "" {
			return s.fail(at, "the parameter %s depends on a resource of the stack around this one: %s", name, s.static)
		}
		return found
	}
	if found, ok := s.aliases[name]; ok {
		return s.eval(found)
	}
	if !s.isResource(at, "Ref", name) {
		return nothing
	}
	return kept(newCall(at, "Ref", nil), newText(at, s.in.prefix+name))
}

// getAtt has its argument as a list or, in YAML, as a text with a dot.
func (s *scope) getAtt(v *value) *value {
	argument := v.items[0]
	if whole, ok := argument.scalar(); ok {
		id, attribute, dotted := strings.Cut(whole, ".")
		if !dotted || id == "" || attribute == "" {
			return s.fail(v.at, "Fn::GetAtt takes Resource.Attribute, not %q", whole)
		}
		return s.attribute(v.at, id, attribute)
	}
	evaluated := s.within(v.text, argument)
	if evaluated.kind == broken {
		return nothing
	}
	if evaluated.kind != list || len(evaluated.items) != 2 || evaluated.open {
		return s.fail(v.at, "Fn::GetAtt takes the names of a resource and of an attribute")
	}
	id, ok := s.plain(v, evaluated.items[0], "the resource")
	attribute, okToo := s.plain(v, evaluated.items[1], "the attribute")
	if !ok || !okToo {
		return nothing
	}
	return s.attribute(v.at, id, attribute)
}

// attribute is what Fn::GetAtt of a resource is. Which attributes there are is for the caller to know.
func (s *scope) attribute(at mark, id, attribute string) *value {
	if s.values != nil {
		given, err := s.values.GetAtt(id, attribute)
		return s.given(at, given, err)
	}
	if found, ok := s.outputs[id+"."+attribute]; ok {
		if found.open && s.static != "" {
			return s.fail(at, "%s.%s depends on a resource: %s", id, attribute, s.static)
		}
		return found
	}
	if found, ok := s.aliases[id+"."+attribute]; ok {
		return s.eval(found)
	}
	if !s.isResource(at, "Fn::GetAtt", id) {
		return nothing
	}
	return kept(newCall(at, "Fn::GetAtt", nil), newText(at, s.in.prefix+id+"."+attribute))
}

// isResource reports a name that is no resource, or one where there can be none.
func (s *scope) isResource(at mark, function, name string) bool {
	condition, known := s.declared[name]
	_, nested := s.inner[name]
	switch {
	case nested && s.static == "":
		s.fail(at, "%s names the nested stack %q, of which there are only outputs here: Fn::GetAtt %[2]s.Outputs.NAME", function, name)
	case s.static != "":
		s.fail(at, "%s names %q, which is no parameter: %s", function, name, s.static)
	case s.trusting || known && condition == "":
		return true
	case known:
		s.fail(at, "%s names the resource %q, which is not made: its condition %s is false", function, name, condition)
	case function == "Ref":
		s.fail(at, "Ref names %q, which is neither a parameter nor a resource", name)
	default:
		s.fail(at, "%s names %q, which is no resource", function, name)
	}
	return false
}

// given is what [Values] gave.
func (s *scope) given(at mark, given any, err error) *value {
	if err != nil {
		return s.refuse(at, err)
	}
	made, ok := s.foreign(at, given, 0)
	if !ok {
		return s.fail(at, "a value of type %T cannot stand in a template", given)
	}
	return made
}

// sub puts a text together. What is between "${" and "}" is a variable of its own, a name as in Ref, or a resource and an
// attribute as in Fn::GetAtt; "${!" is "${" itself.
func (s *scope) sub(v *value) *value {
	template, variables, ok := s.subArguments(v)
	if !ok {
		return nothing
	}
	parts := newList(v.at)
	for {
		before, rest, found := strings.Cut(template, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		literal, isLiteral := strings.CutPrefix(name, "!")
		if isLiteral {
			before += "${" + literal + "}"
		}
		parts.items = append(parts.items, newText(v.at, before))
		if !isLiteral {
			parts.items = append(parts.items, s.variable(v.at, name, variables))
		}
		template = after
	}
	parts.items = append(parts.items, newText(v.at, template))
	return s.concatenate(v, parts)
}

// concatenate joins the parts of Fn::Sub; while one is open, that is a Fn::Join.
func (s *scope) concatenate(v, parts *value) *value {
	for _, part := range parts.items {
		_, isText := part.scalar()
		switch {
		case part.kind == broken:
			return nothing
		case part.open:
			parts.open = true
		case !isText:
			return s.fail(v.at, "a variable of Fn::Sub must be a string, not %s", kindNames[part.kind])
		}
	}
	if !s.spend(len(parts.items)) {
		return nothing
	}
	arguments := []*value{newText(v.at, ""), parts}
	if parts.open {
		return kept(newCall(v.at, "Fn::Join", nil), &value{kind: list, open: true, at: v.at, items: arguments})
	}
	return s.join(v, arguments)
}

// variable is what stands for a name in Fn::Sub. Those that the call brings along come first, as on AWS.
func (s *scope) variable(at mark, name string, variables *value) *value {
	if found := variables.get(name); found != nil {
		return found
	}
	if strings.Trim(name, variableLetters) != "" {
		return s.fail(at, "%q is no variable name: letters, digits, '_', '.' and ':' make one", name)
	}
	id, attribute, dotted := strings.Cut(name, ".")
	if _, alias := s.aliases[name]; !dotted || alias {
		return s.refer(at, name)
	}
	return s.attribute(at, id, attribute)
}

const variableLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:"

// subArguments are the text and the variables of Fn::Sub.
func (s *scope) subArguments(v *value) (template string, variables *value, ok bool) {
	argument := v.items[0]
	if argument.kind == list && len(argument.items) == 2 && argument.items[1].kind == object {
		variables = s.within(v.text, argument.items[1])
		argument = argument.items[0]
	}
	template, ok = argument.scalar()
	if !ok {
		s.fail(v.at, "Fn::Sub takes a string, or a list of a string and a map of variables")
	}
	return template, variables, ok
}
