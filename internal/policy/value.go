package policy

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A relation judges how a value in the request is ordered to the one in the document: -1, 0 or 1.
type relation func(order int) bool

func equal(order int) bool   { return order == 0 }
func less(order int) bool    { return order < 0 }
func atMost(order int) bool  { return order <= 0 }
func more(order int) bool    { return order > 0 }
func atLeast(order int) bool { return order >= 0 }

// A kind is a type of values that are compared as such, not as text: it reads one and compares two.
type kind[T any] struct {
	read  func(text string) (T, bool)
	holds func(want, value T) bool
}

// A typed is an operand of a kind.
type typed[T any] struct {
	*kind[T]
	want T
}

func (o *typed[T]) match(value string, _ map[string][]string) verdict {
	v, ok := o.read(value)
	if !ok {
		return unclear
	}
	return verdictOf(o.holds(o.want, v))
}

func (k kind[T]) compile(text, right string) (operand, error) {
	want, ok := k.read(text)
	if !ok {
		return nil, fmt.Errorf("%s cannot be compared (and this operator has no variables): write %s", quote(text), right)
	}
	return &typed[T]{&k, want}, nil
}

func number(r relation) func(string, version) (operand, error) {
	k := kind[float64]{readNumber, func(want, value float64) bool { return r(cmp.Compare(value, want)) }}
	return func(text string, _ version) (operand, error) {
		return k.compile(text, `a number, such as "10" or "0.5"`)
	}
}

// readNumber takes decimals only: strconv also knows "inf", "0x1p-2" and "1_000".
func readNumber(text string) (float64, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func date(r relation) func(string, version) (operand, error) {
	k := kind[time.Time]{readDate, func(want, value time.Time) bool { return r(value.Compare(want)) }}
	return func(text string, _ version) (operand, error) {
		return k.compile(text, `a date, such as "2026-01-31T00:00:00Z", or 9 to 12 digits of seconds since 1970`)
	}
}

// readDate takes the forms of the W3C profile of ISO 8601 and seconds since 1970. Digits alone are seconds only if they are 9 to
// 12: fewer could be a year or a day such as 20260131, more are milliseconds.
func readDate(text string) (time.Time, bool) {
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(seconds, 0), err == nil && 9 <= len(text) && len(text) <= 12
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01"} {
		if d, err := time.Parse(layout, text); err == nil {
			return d, true
		}
	}
	return time.Time{}, false
}

func compileTruth(text string, _ version) (operand, error) {
	k := kind[bool]{readTruth, func(want, value bool) bool { return want == value }}
	return k.compile(text, `"true" or "false"`)
}

func readTruth(text string) (truth, ok bool) {
	truth = strings.EqualFold(text, "true")
	return truth, truth || strings.EqualFold(text, "false")
}

// compileBinary decodes the document's value only: the context has the bytes themselves.
func compileBinary(text string, _ version) (operand, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf(`%s is no base64 of bytes: write it as "QmluYXJ5"`, quote(text))
	}
	k := kind[string]{
		func(raw string) (string, bool) { return raw, true },
		func(want, value string) bool { return want == value },
	}
	return &typed[string]{&k, string(b)}, nil
}

func compileNetwork(text string, _ version) (operand, error) {
	want, ok := readNetwork(text)
	if !ok {
		return nil, fmt.Errorf(`%s is no range of addresses: write one such as "203.0.113.0/24" or "2001:db8::/32"`, quote(text))
	}
	k := kind[netip.Addr]{readAddress, func(_, value netip.Addr) bool { return want.Contains(value) }}
	return &typed[netip.Addr]{&k, want.Addr()}, nil
}

// readNetwork takes an address or a CIDR range. Ranges of mapped addresses would never match, as a caller's address is unmapped.
func readNetwork(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), a.Zone() == "" && !a.Is4In6()
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil && !p.Addr().Is4In6()
}

func readAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}
