package policy

import (
	"fmt"
	"strings"
)

// compileAction takes "*" or a service prefix, a colon and a name, with wildcards anywhere.
func compileAction(text string) (glob, error) {
	service, name, found := strings.Cut(text, ":")
	if text != "*" && (!found || !isActionPart(service) || !isActionPart(name)) {
		return glob{}, fmt.Errorf(`%s is no action: write "*" or a service and a name, such as "execute-api:Invoke"`, quote(text))
	}
	return glob{text: wildcards.Replace(strings.ToLower(text)), fold: true}, nil
}

func isActionPart(text string) bool {
	for _, c := range []byte(text) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("-_*?", rune(c)) {
			return false
		}
	}
	return text != ""
}

// compileResource takes what can match an ARN. A variable stands after the fifth colon only ("IAM policy elements:
// Variables and tags").
func compileResource(text string, v version) (resource, error) {
	if !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "*") {
		const right = `write "*" or an ARN, such as "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*"`
		return resource{}, fmt.Errorf("%s is no resource: %s", quote(text), right)
	}
	before, _, found := strings.Cut(text, "${")
	if found && v.hasVariables() && !isARN(before) {
		return resource{}, fmt.Errorf("%s has a variable before the resource part: it may stand after the fifth colon only", quote(text))
	}
	t, err := form{wildcards: true, variables: v.hasVariables()}.compile(text)
	return resource{t}, err
}
