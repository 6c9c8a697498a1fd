package jsonpath

import (
	"cmp"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// relation is an operator of filters.
type relation uint8

const (
	equal relation = iota
	notEqual
	same
	notSame
	below
	atMost
	above
	atLeast
	matches
	in
	notIn
	subsetOf
	anyOf
	noneOf
	contains
	sized
	empty
)

// accepts says whether values are related so if one compares to the other like order to 0.
func (r relation) accepts(order int) bool {
	switch r {
	case below:
		return order < 0
	case atMost:
		return order <= 0
	case above:
		return order > 0
	default:
		return order >= 0
	}
}

// class is what === tells apart.
type class uint8

const (
	otherClass class = iota
	nullClass
	boolClass
	numberClass
	stringClass
	containerClass
)

func classOf(value any) class {
	switch value.(type) {
	case nil:
		return nullClass
	case bool:
		return boolClass
	case string:
		return stringClass
	case mapping, list:
		return containerClass
	}
	if _, ok := numberText(value); ok {
		return numberClass
	}
	return otherClass
}

// numberText is a number as Java prints it, if value is one.
func numberText(value any) (string, bool) {
	switch value := value.(type) {
	case int64:
		return strconv.FormatInt(value, 10), true
	case int:
		return strconv.Itoa(value), true
	case Decimal:
		return value.String(), true
	case float64:
		return string(appendDouble(nil, value)), true
	}
	return "", false
}

// bigDecimalText is a number as the BigDecimal that Jayway makes of it prints it.
func bigDecimalText(javaText string) string {
	if _, ok := parseDecimal(javaText); !ok { // infinity, which has none
		return javaText
	}
	return string(appendBigDecimal(nil, []byte(javaText)))
}

// equal says whether left equals right with Jayway's coercions: beside a number on the left, a string is the number that
// it writes; beside a string on the left, a number is what it prints as.
func (s *search) equal(left, right any) bool {
	if !s.spend(1) {
		return false
	}
	switch left := left.(type) {
	case nil:
		return right == nil
	case bool:
		return right == left
	case undefined:
		return false
	case string:
		return s.equalString(left, right)
	case mapping, list:
		return s.alike(left, right, 0)
	}
	if l, ok := left.(int64); ok {
		if r, ok := right.(int64); ok {
			return l == r
		}
	}
	text, isString := right.(string)
	if !isString {
		var ok bool
		if text, ok = numberText(right); !ok {
			return false
		}
	}
	order, ok := s.numeric(left, text)
	return ok && order == 0
}

func (s *search) equalString(left string, right any) bool {
	if text, ok := right.(string); ok {
		return s.spend(min(len(text), len(left))/unitBytes) && text == left
	}
	text, ok := numberText(right)
	return ok && bigDecimalText(text) == left
}

// numeric compares a number with the number that text writes.
func (s *search) numeric(left any, text string) (int, bool) {
	own, ok := numberText(left)
	if !ok || !s.spend((len(own)+len(text))/unitBytes) {
		return 0, false
	}
	l, ok := parseDecimal(own)
	r, valid := parseDecimal(text)
	return l.compare(r), ok && valid
}

// order compares numbers with numbers, and strings with strings or with what numbers print as.
func (s *search) order(left, right any) (order int, ok bool) {
	l, leftIsNumber := numberText(left)
	r, rightIsNumber := numberText(right)
	if leftIsNumber && rightIsNumber {
		return s.numeric(left, r)
	}
	if leftIsNumber {
		l = bigDecimalText(l)
	} else if l, ok = left.(string); !ok {
		return 0, false
	}
	if rightIsNumber {
		r = bigDecimalText(r)
	} else if r, ok = right.(string); !ok {
		return 0, false
	}
	return compareUTF16(l, r), s.spend(min(len(l), len(r)) / unitBytes)
}

// compareUTF16 compares strings as Java does, whose strings are UTF-16: characters beyond it come before the last ones
// in it.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		l, size := utf8.DecodeRuneInString(a)
		r, width := utf8.DecodeRuneInString(b)
		if l != r {
			return cmp.Or(cmp.Compare(firstUnit(l), firstUnit(r)), cmp.Compare(l, r))
		}
		a, b = a[size:], b[width:]
	}
	return cmp.Compare(len(a), len(b))
}

func firstUnit(r rune) rune {
	if high, _ := utf16.EncodeRune(r); high != utf8.RuneError {
		return high
	}
	return r
}

// alike compares arrays and objects as Java's equals does: an integer is not equal to a double, the order of members
// does not matter. It recurses as deep as the tree, maxNests at most.
func (s *search) alike(left, right any, depth int) bool {
	if depth > maxNests || !s.spend(visit/8) {
		return false
	}
	switch left := left.(type) {
	case mapping:
		r, ok := right.(mapping)
		return ok && left.Len() == r.Len() && s.alikeMembers(left, r, depth+1)
	case list:
		r, ok := right.(list)
		return ok && left.Len() == r.Len() && s.alikeItems(left, r, depth+1)
	}
	return classOf(left) == classOf(right) && isInteger(left) == isInteger(right) && s.equal(left, right)
}

func (s *search) alikeMembers(left, right mapping, depth int) bool {
	for key, value := range membersIn(left) {
		if other, ok := right.Get(key); !ok || !s.alike(value, other, depth) {
			return false
		}
	}
	return true
}

func (s *search) alikeItems(left, right list, depth int) bool {
	for i := range left.Len() {
		if !s.alike(left.At(i), right.At(i), depth) {
			return false
		}
	}
	return true
}

func isInteger(value any) bool {
	if d, ok := value.(Decimal); ok {
		return d.IsInteger()
	}
	_, isDouble := value.(float64)
	return !isDouble
}
