package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// contents decides about operators that look into strings, arrays and objects.
func (s *search) contents(r relation, left, right any) bool {
	items, isArray := right.(list)
	switch r {
	case in:
		return isArray && s.among(left, items)
	case notIn:
		_, isObject := right.(mapping)
		return isObject || isArray && !s.among(left, items)
	case contains:
		return s.contains(left, right)
	case sized:
		want, ok := right.(int64)
		length, has := s.lengthOf(left)
		return ok && has && int64(length) == want
	case empty:
		want, ok := right.(bool)
		return ok && isEmpty(left, want)
	default:
		own, ok := left.(list)
		return ok && isArray && s.shares(r, own, items)
	}
}

// shares decides about operators between two arrays.
func (s *search) shares(r relation, left, right list) bool {
	for i := range left.Len() {
		found := s.among(left.At(i), right)
		switch {
		case s.exhausted():
			return false
		case r == subsetOf && !found:
			return false
		case r == anyOf && found:
			return true
		case r == noneOf && found:
			return false
		}
	}
	return r != anyOf
}

// among says whether an array has an item that left equals.
func (s *search) among(left any, items list) bool {
	for i := range items.Len() {
		if s.equal(left, items.At(i)) {
			return true
		}
		if s.exhausted() {
			return false
		}
	}
	return false
}

// contains says whether a string has another in it, or an array an item that right equals.
func (s *search) contains(left, right any) bool {
	switch left := left.(type) {
	case string:
		text, ok := right.(string)
		return ok && s.spend(len(left)/unitBytes) && strings.Contains(left, text)
	case list:
		return s.among(right, left)
	}
	return false
}

// lengthOf is the length of a string, in UTF-16 units as Java counts, or of an array.
func (s *search) lengthOf(value any) (length int, ok bool) {
	switch value := value.(type) {
	case string:
		if !s.spend(len(value) / countedBytes) {
			return 0, false
		}
		for _, r := range value {
			length += utf16.RuneLen(r)
		}
		return length, true
	case list:
		return value.Len(), true
	}
	return 0, false
}

// isEmpty says whether a string, array or object is empty as wanted. Nothing else is empty or not.
func isEmpty(value any, want bool) bool {
	switch value := value.(type) {
	case string:
		return (value == "") == want
	case interface{ Len() int }:
		return (value.Len() == 0) == want
	}
	return false
}

// matches says whether a pattern fits a value, or any item of an array. Numbers and booleans are what they print as;
// what has no text is an empty one.
func (s *search) matches(p *pattern, value any) bool {
	items, ok := value.(list)
	if !ok {
		return s.fitsText(p, value)
	}
	for i := range items.Len() {
		if s.fitsText(p, items.At(i)) {
			return true
		}
	}
	return false
}

func (s *search) fitsText(p *pattern, value any) bool {
	var text string
	switch value := value.(type) {
	case string:
		text = value
	case bool:
		text = strconv.FormatBool(value)
	default:
		text, _ = s.bigText(value)
	}
	return s.spend(matchUnits+p.cost*len(text)) && p.MatchString(text)
}
