package policy

import (
	"fmt"
	"strings"
)

// A comparison of a value in the request with a text in the document, its variables filled in.
type comparison func(want, value string) verdict

// A phrase is an operand of the String and Arn operators.
type phrase struct {
	template
	compare comparison
}

func (o *phrase) match(value string, context map[string][]string) verdict {
	want, known := o.expand(context)
	if !known {
		return unclear
	}
	return o.compare(want, value)
}

func compileEquals(s string, v version) (operand, error) {
	return compileText(s, form{variables: v.hasVariables()}, func(want, value string) verdict {
		return verdictOf(want == value)
	})
}

func compileFold(s string, v version) (operand, error) {
	return compileText(s, form{variables: v.hasVariables()}, func(want, value string) verdict {
		return verdictOf(strings.EqualFold(want, value))
	})
}

func compileLike(s string, v version) (operand, error) {
	return compileText(s, form{variables: v.hasVariables(), wildcards: true}, func(want, value string) verdict {
		return verdictOf(glob{text: want}.match(value))
	})
}

func compileText(s string, f form, compare comparison) (operand, error) {
	t, err := f.compile(s)
	if err != nil {
		return nil, err
	}
	return &phrase{template: t, compare: compare}, nil
}

// compileARN takes an ARN, or "*" for any. ArnEquals and ArnLike behave alike, as the IAM user guide says.
func compileARN(s string, v version) (operand, error) {
	if s != "*" && !strings.Contains(s, "${") && !isARN(s) {
		return nil, fmt.Errorf("%s is no ARN: write its six parts, as in \"arn:aws:iam::111122223333:user/*\"", quote(s))
	}
	return compileText(s, form{variables: v.hasVariables(), wildcards: true}, matchARN)
}

// arnParts is the number of parts of an ARN; colons beyond the fifth belong to the last.
const arnParts = 6

func isARN(s string) bool {
	return strings.Count(s, ":") >= arnParts-1
}

func matchARN(want, value string) verdict {
	if !isARN(value) {
		return unclear
	}
	if len(want) == 1 && want[0] == anyRun {
		return yes
	}
	if !isARN(want) {
		return unclear // a variable did not make an ARN
	}
	for range arnParts - 1 {
		var pattern, part string
		pattern, want, _ = strings.Cut(want, ":")
		part, value, _ = strings.Cut(value, ":")
		if !(glob{text: pattern}).match(part) {
			return no
		}
	}
	return verdictOf(glob{text: want}.match(value))
}
