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
	if isNumber(value) {
		return numberClass
	}
	return otherClass
}

// isNumber says whether value is a number.
func isNumber(value any) bool {
	switch value.(type) {
	case int64, int, *Decimal, float64:
		return true
	}
	return false
}

// numeral is a number as it compares, or nil if value is none. A Decimal is read once.
func (s *search) numeral(value any) *numeral {
	switch value := value.(type) {
	case *Decimal:
		if value.numeral.Load() != nil || s.spend(numeralUnits+textUnits*len(value.literal)) {
			return value.known()
		}
	case int64:
		if s.spend(numeralUnits) {
			n := newNumeral(strconv.FormatInt(value, 10))
			n.integer = true
			return n
		}
	case int:
		return s.numeral(int64(value))
	case float64:
		if s.spend(numeralUnits) {
			return newNumeral(string(appendDouble(nil, value)))
		}
	}
	return nil
}

// bigText is a number as the BigDecimal that Jayway makes of it prints it.
func (s *search) bigText(value any) (string, bool) {
	n := s.numeral(value)
	if n == nil || n.big.Load() == nil && !s.spend(textUnits*len(n.text)) {
		return "", false
	}
	return n.bigText(), true
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
	order, ok := s.numeric(left, right)
	return ok && order == 0
}

func (s *search) equalString(left string, right any) bool {
	if text, ok := right.(string); ok {
		return s.spend(min(len(text), len(left))/unitBytes) && text == left
	}
	if !isNumber(right) {
		return false
	}
	text, ok := s.bigText(right)
	return ok && s.spend(min(len(text), len(left))/unitBytes) && text == left
}

// numeric compares a number with another or with the one that a string writes.
func (s *search) numeric(left, right any) (int, bool) {
	l, leftIsInt := left.(int64)
	r, rightIsInt := right.(int64)
	text, rightIsText := right.(string)
	switch {
	case leftIsInt && rightIsInt:
		return cmp.Compare(l, r), true
	case rightIsText:
		n := s.numeral(left)
		if n == nil || !s.spend(intUnits+len(text)/countedBytes) {
			return 0, false
		}
		other, ok := parseDecimal(text)
		return n.value.compare(other), ok && n.finite
	case leftIsInt:
		n := s.numeral(right)
		return s.withInt(n, l, -1)
	case rightIsInt:
		return s.withInt(s.numeral(left), r, 1)
	}
	n, other := s.numeral(left), s.numeral(right)
	if n == nil || other == nil || !s.spend(1+min(len(n.text), len(other.text))/unitBytes) {
		return 0, false
	}
	return n.value.compare(other.value), n.finite && other.finite
}

// withInt compares a number with an integer, or the other way round if the direction is -1.
func (s *search) withInt(n *numeral, i int64, direction int) (int, bool) {
	if n == nil || !s.spend(intUnits) {
		return 0, false
	}
	return direction * n.value.compareInt(i), n.finite
}

// order compares numbers with numbers, and strings with strings or with what numbers print as.
func (s *search) order(left, right any) (order int, ok bool) {
	if isNumber(left) && isNumber(right) {
		return s.numeric(left, right)
	}
	l, ok := s.comparedText(left)
	if !ok {
		return 0, false
	}
	r, ok := s.comparedText(right)
	if !ok || !s.spend(min(len(l), len(r))/countedBytes) {
		return 0, false
	}
	return compareUTF16(l, r), true
}

// comparedText is a string, or what a number prints as beside one.
func (s *search) comparedText(value any) (string, bool) {
	if text, ok := value.(string); ok {
		return text, true
	}
	return s.bigText(value)
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
	if depth > maxNests || !s.spend(alikeUnits) {
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
	return classOf(left) == classOf(right) && s.isInteger(left) == s.isInteger(right) && s.equal(left, right)
}

func (s *search) alikeMembers(left, right mapping, depth int) bool {
	s.spend(memberUnits)
	for key, value := range membersIn(left) {
		if other, ok := right.Get(key); !s.spend(len(key)/countedBytes) || !ok || !s.alike(value, other, depth) {
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

func (s *search) isInteger(value any) bool {
	if d, ok := value.(*Decimal); ok {
		n := s.numeral(d)
		return n != nil && n.integer
	}
	_, isDouble := value.(float64)
	return !isDouble
}
