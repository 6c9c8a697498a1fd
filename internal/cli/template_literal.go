package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// notLiteral is what CloudFormation reads as something else than a text, in JSON: a dynamic reference wherever it stands in a
// text, and a member that is named as one of its functions. It has no escape for either; a reference is resolved after all
// functions, so it cannot be put together from parts. See "Get values stored in other services using dynamic references" and
// "Intrinsic function reference" in its user guide.
var notLiteral = regexp.MustCompile(`\{\{resolve:|[{,]"(Ref|Fn::[^"]*)":`)

// checkLiteral notes a property of an object that would not arrive as it is. A description could otherwise fetch a secret
// from the account that the template is deployed to, for all who may read descriptions.
func (b *builder) checkLiteral(kind string, of object, property string, value any) {
	text, err := encode(value, "")
	if err != nil {
		b.wrong = append(b.wrong, fmt.Errorf("export: %w", err))
		return
	}
	if notLiteral.Match(text) {
		b.notLiteral = append(b.notLiteral, lowerFirst(property)+" of "+titles[kind].of(of))
	}
}

// mostNamed is how many properties an error names.
const mostNamed = 5

// misread is the error about what was noted.
func (b *builder) misread() error {
	named := b.notLiteral
	if len(named) == 0 {
		return nil
	}
	if more := len(named) - mostNamed; more > 0 {
		named = append(slices.Clone(named[:mostNamed]), fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("export: CloudFormation would not take as they are, but read as references or functions of its own: %s; "+
		"{{resolve:…}}, Ref and Fn::… cannot be written otherwise in a template, so change them first", strings.Join(named, ", "))
}

// title says which object it is: words, and the member that is its name.
type title struct{ words, by string }

// titles are those of the resource types.
var titles = map[string]title{
	"Api":                 {"the API", "name"},
	"Model":               {"model", "name"},
	"Authorizer":          {"authorizer", "authorizerId"},
	"Integration":         {"integration", "integrationId"},
	"IntegrationResponse": {"integration response", "integrationResponseId"},
	"Route":               {"route", "routeKey"},
	"RouteResponse":       {"route response", "routeResponseId"},
	"Stage":               {"stage", "stageName"},
}

func (t title) of(o object) string { return t.words + " " + field(o.text(t.by)) }
