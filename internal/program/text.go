package program

import (
	"errors"
	"fmt"
	"math/big"
	"sync"

	"gangway/internal/vtl"
)

// text is a value of a template as the template would print it, up to [maxValue] bytes.
func text(value any) (string, error) {
	left := maxValue
	if !hasText(value, 0, &left) {
		return "", errors.New("expected a text, a number, or a list or map of such; write \"$name\" for what is none")
	}
	made, err := printer().Append(nil, printed{value}, vtl.Limits{Output: maxValue})
	if errors.Is(err, vtl.ErrLimit) {
		return "", fmt.Errorf("expected %d bytes at most", maxValue)
	}
	return string(made), err
}

// printer is a template that prints what it is given.
var printer = sync.OnceValue(func() *vtl.Template {
	parsed, err := vtl.Parse("$it")
	if err != nil {
		panic(err) // it is a template
	}
	return parsed
})

// deepestText is how deep lists and maps may be nested in a value that is to be a text.
const deepestText = 16

// hasText says whether a value is nothing but texts, numbers, and lists and maps of them, which are as many as left says at
// most. A block of #define is none: it means something only where it stands.
func hasText(value any, depth int, left *int) bool {
	*left--
	if *left < 0 || depth > deepestText {
		return false
	}
	switch value := value.(type) {
	case vtl.List:
		for i := range value.Len() {
			if !hasText(value.At(i), depth+1, left) {
				return false
			}
		}
		return true
	case vtl.Map:
		for _, key := range value.Keys() {
			if !hasText(member(value, key), depth+1, left) {
				return false
			}
		}
		return true
	case nil, string, bool, int, int64, float64, *big.Int, fmt.Stringer:
		return true
	default:
		return false
	}
}

// printed is a value that a template knows as $it.
type printed struct{ it any }

// Lookup implements [vtl.Vars].
func (p printed) Lookup(name string) (any, bool) { return p.it, name == "it" }
