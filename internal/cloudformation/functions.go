package cloudformation

import (
	"encoding/base64"
	"strconv"
	"strings"
)

const (
	languageExtensions = "AWS::LanguageExtensions"
	serverless         = "AWS::Serverless-2016-10-31"
	loopPrefix         = "Fn::ForEach::"
)

// operation is a function of the template language.
// Source: "Intrinsic function reference", CloudFormation template reference.
type operation struct {
	run       func(*scope, *value) *value
	extension bool // only with the transform AWS::LanguageExtensions
}

// functionNames are those that have a short form. Ref and Condition, which have no Fn::, are apart.
var functionNames = []string{
	"Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Equals", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If",
	"Fn::ImportValue", "Fn::Join", "Fn::Length", "Fn::Not", "Fn::Or", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ToJsonString",
	"Fn::Transform",
}

// functionTable is made for each template, because a variable would refer to itself through the functions that evaluate others.
func functionTable() map[string]operation {
	return map[string]operation{
		"Ref":              {run: (*scope).ref},
		"Condition":        {run: (*scope).decision},
		"Fn::And":          {run: (*scope).decision},
		"Fn::Base64":       {run: single((*scope).base64)},
		"Fn::Cidr":         {run: several(2, 3, (*scope).cidr)},
		"Fn::Equals":       {run: (*scope).decision},
		"Fn::FindInMap":    {run: several(3, 4, (*scope).findInMap)},
		"Fn::GetAtt":       {run: (*scope).getAtt},
		"Fn::GetAZs":       {run: single((*scope).zones)},
		"Fn::If":           {run: (*scope).choose},
		"Fn::ImportValue":  {run: single((*scope).importValue)},
		"Fn::Join":         {run: several(2, 2, (*scope).join)},
		"Fn::Length":       {run: single((*scope).length), extension: true},
		"Fn::Not":          {run: (*scope).decision},
		"Fn::Or":           {run: (*scope).decision},
		"Fn::Select":       {run: several(2, 2, (*scope).pick)},
		"Fn::Split":        {run: several(2, 2, (*scope).split)},
		"Fn::Sub":          {run: (*scope).sub},
		"Fn::ToJsonString": {run: single((*scope).toJSON), extension: true},
	}
}

// single is a function of one argument, which it gets once nothing in that is open.
func single(f func(*scope, *value, *value) *value) func(*scope, *value) *value {
	return func(s *scope, v *value) *value {
		argument := s.within(v.text, v.items[0])
		switch {
		case argument.kind == broken:
			return nothing
		case argument.open:
			return kept(v, argument)
		}
		return f(s, v, argument)
	}
}

// several is a function of a list of arguments.
func several(least, most int, f func(*scope, *value, []*value) *value) func(*scope, *value) *value {
	return func(s *scope, v *value) *value {
		argument := s.within(v.text, v.items[0])
		switch {
		case argument.kind == broken:
			return nothing
		case argument.kind == list && (len(argument.items) < least || len(argument.items) > most):
			return s.fail(v.at, "%s takes %s, not %d", v.text, arity(least, most), len(argument.items))
		case argument.open:
			return kept(v, argument)
		case argument.kind != list:
			return s.fail(v.at, "%s takes a list of %s, not %s", v.text, arity(least, most), kindNames[argument.kind])
		}
		for _, item := range argument.items {
			if item.kind == broken {
				return nothing
			}
		}
		return f(s, v, argument.items)
	}
}

func arity(least, most int) string {
	if least == most {
		return strconv.Itoa(least) + " arguments"
	}
	return strconv.Itoa(least) + " or " + strconv.Itoa(most) + " arguments"
}

// plain is the text of an argument.
func (s *scope) plain(v, argument *value, what string) (string, bool) {
	found, ok := argument.scalar()
	if !ok && argument.kind != broken {
		s.fail(v.at, "%s of %s must be a string, not %s", what, v.text, kindNames[argument.kind])
	}
	return found, ok
}

// base64 is the standard alphabet, with padding. Source: "Fn::Base64".
func (s *scope) base64(v, argument *value) *value {
	plain, ok := s.plain(v, argument, "the argument")
	if !ok || !s.write(len(plain)*4/3) {
		return nothing
	}
	return newText(v.at, base64.StdEncoding.EncodeToString([]byte(plain)))
}

// zones are three, which no region has fewer of for a new account. Which they are matters to nothing on this machine.
func (s *scope) zones(v, argument *value) *value {
	region, ok := s.plain(v, argument, "the region")
	if !ok {
		return nothing
	}
	if region == "" {
		region = s.options.Region
	}
	return newList(v.at, newText(v.at, region+"a"), newText(v.at, region+"b"), newText(v.at, region+"c"))
}

// importValue asks for what another stack exports. The name is known while the template is read, as AWS demands.
func (s *scope) importValue(v, argument *value) *value {
	name, ok := s.plain(v, argument, "the name")
	switch {
	case !ok:
		return nothing
	case s.options.Import == nil:
		return s.fail(v.at, "there is no stack that exports %q", name)
	}
	found, err := s.options.Import(name)
	if err != nil {
		return s.refuse(v.at, err)
	}
	return newText(v.at, found)
}

// join prints numbers and booleans as they are written. Source: "Fn::Join".
func (s *scope) join(v *value, arguments []*value) *value {
	separator, ok := s.plain(v, arguments[0], "the delimiter")
	if !ok {
		return nothing
	}
	if arguments[1].kind != list {
		return s.fail(v.at, "Fn::Join joins a list, not %s", kindNames[arguments[1].kind])
	}
	size := 0
	parts := make([]string, 0, len(arguments[1].items))
	for _, item := range arguments[1].items {
		part, ok := s.plain(v, item, "each value")
		if !ok {
			return nothing
		}
		size += len(part) + len(separator)
		parts = append(parts, part)
	}
	if !s.write(size) {
		return nothing
	}
	return newText(v.at, strings.Join(parts, separator))
}

// length counts the items of a list that is known by now. Source: "Fn::Length".
func (s *scope) length(v, argument *value) *value {
	if argument.kind != list {
		return s.fail(v.at, "Fn::Length counts a list, not %s", kindNames[argument.kind])
	}
	return &value{kind: number, at: v.at, text: strconv.Itoa(len(argument.items))}
}

// pick counts from 0; the index may be a string, as it is where it comes from a parameter. Source: "Fn::Select".
func (s *scope) pick(v *value, arguments []*value) *value {
	digits, ok := s.plain(v, arguments[0], "the index")
	if !ok {
		return nothing
	}
	if arguments[1].kind != list {
		return s.fail(v.at, "Fn::Select selects from a list, not %s", kindNames[arguments[1].kind])
	}
	items := arguments[1].items
	index, err := strconv.Atoi(digits)
	if err != nil || index < 0 || index >= len(items) {
		return s.fail(v.at, "Fn::Select cannot select %q of %d values", digits, len(items))
	}
	return items[index]
}

// split keeps what is empty between two delimiters. Source: "Fn::Split".
func (s *scope) split(v *value, arguments []*value) *value {
	separator, ok := s.plain(v, arguments[0], "the delimiter")
	whole, okToo := s.plain(v, arguments[1], "the source")
	switch {
	case !ok || !okToo:
		return nothing
	case separator == "":
		return s.fail(v.at, "the delimiter of Fn::Split is empty")
	case !s.spend(strings.Count(whole, separator)):
		return nothing
	}
	made := newList(v.at)
	for part := range strings.SplitSeq(whole, separator) {
		made.items = append(made.items, newText(v.at, part))
	}
	return made
}

// toJSON keeps the order of the template, which is that of the examples. Source: "Fn::ToJsonString".
func (s *scope) toJSON(v, argument *value) *value {
	if argument.kind != object && argument.kind != list {
		return s.fail(v.at, "Fn::ToJsonString takes a map or a list, not %s", kindNames[argument.kind])
	}
	if !s.write(s.jsonSize(argument)) {
		return nothing
	}
	return newText(v.at, string(appendJSON(nil, argument)))
}

// jsonSize is roughly how long a value is as JSON. A value can share parts, and so be much more than the template.
func (s *scope) jsonSize(v *value) int {
	if !s.spend(1) {
		return 0
	}
	size := len(v.text) + 2
	for _, item := range v.items {
		size += s.jsonSize(item) + 1
	}
	for _, m := range v.members {
		size += s.jsonSize(m.value) + len(m.key) + 4
	}
	return size
}
