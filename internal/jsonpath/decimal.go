package jsonpath

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
)

// A Decimal is a number in a tree that is not an int64: an integer beyond its range, or anything with a fraction or an
// exponent. It does not change, but remembers how it compares, so that many comparisons read it once.
type Decimal struct {
	literal string // as JSON writes it
	numeral atomic.Pointer[numeral]
}

// NewDecimal is the number that a JSON literal writes.
func NewDecimal(literal string) *Decimal { return &Decimal{literal: literal} }

// String is d as Java prints it: 1.50 is 1.5, 1e10 is 1.0E10.
func (d *Decimal) String() string { return d.known().text }

// Float64 is the nearest double; beyond the range of doubles, infinity.
func (d *Decimal) Float64() float64 {
	x, _ := strconv.ParseFloat(d.literal, 64)
	return x
}

// IsInteger says whether d is written without fraction and exponent, which makes it an integer for Java.
func (d *Decimal) IsInteger() bool { return d.known().integer }

// known is d as comparisons need it.
func (d *Decimal) known() *numeral {
	if n := d.numeral.Load(); n != nil {
		return n
	}
	text := d.literal
	integer := !strings.ContainsAny(text, ".eE")
	if !integer || text == "-0" {
		text = string(appendNumber(nil, []byte(text)))
	}
	n := newNumeral(text)
	n.integer = integer
	d.numeral.Store(n)
	return n
}

// decimalOf is the number for a double. Only NaN has none.
func decimalOf(x float64) (*Decimal, bool) {
	switch {
	case math.IsNaN(x):
		return nil, false
	case math.IsInf(x, 0):
		return NewDecimal(strconv.FormatFloat(math.Copysign(1, x), 'f', -1, 64) + "e999"), true // reads as infinity
	}
	return NewDecimal(string(appendDouble(nil, x))), true
}

// A numeral is a number as it prints and as it compares.
type numeral struct {
	text    string                 // as Java prints it
	big     atomic.Pointer[string] // as the BigDecimal that Jayway makes of it prints it; nil: not asked for yet
	integer bool                   // for Java
	finite  bool                   // it has a value
	value   decimal
}

// newNumeral is the number that Java prints as text.
func newNumeral(text string) *numeral {
	n := &numeral{text: text}
	n.value, n.finite = parseDecimal(text)
	return n
}

// bigText is how the number prints as a BigDecimal. Infinity, which is none, prints as itself.
func (n *numeral) bigText() string {
	if n.integer || !n.finite {
		return n.text
	}
	if known := n.big.Load(); known != nil {
		return *known
	}
	text := string(appendBigDecimal(nil, []byte(n.text)))
	n.big.Store(&text)
	return text
}

// A decimal is a number of any size and precision: 0.digits times ten to the exponent.
type decimal struct {
	negative bool
	digits   string // without zeros at either end; zero has none
	exponent int64
}

// parseDecimal reads what the constructor of Java's BigDecimal reads.
func parseDecimal(text string) (decimal, bool) {
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	mantissa, power := text, int64(0)
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		n, err := strconv.ParseInt(text[e+1:], 10, 32)
		if err != nil {
			return decimal{}, false
		}
		mantissa, power = text[:e], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, false
	}
	significant := strings.TrimLeft(digits, "0")
	if significant == "" {
		return decimal{}, true
	}
	exponent := power + int64(len(whole)-(len(digits)-len(significant)))
	return decimal{negative, strings.TrimRight(significant, "0"), exponent}, true
}

// compare is below, equal to or above zero as d is below, equal to or above other.
func (d decimal) compare(other decimal) int {
	if d.sign() != other.sign() || d.digits == "" {
		return cmp.Compare(d.sign(), other.sign())
	}
	size := cmp.Or(cmp.Compare(d.exponent, other.exponent), strings.Compare(d.digits, other.digits))
	if d.negative {
		return -size
	}
	return size
}

// compareInt compares with an integer, without memory.
func (d decimal) compareInt(n int64) int {
	var buffer [20]byte
	text := strconv.AppendInt(buffer[:0], n, 10)
	other := decimal{negative: n < 0, exponent: int64(len(text))}
	if other.negative {
		text = text[1:]
		other.exponent--
	}
	if n != 0 {
		other.digits = "1" // some
	}
	if d.sign() != other.sign() || d.digits == "" {
		return cmp.Compare(d.sign(), other.sign())
	}
	size := cmp.Compare(d.exponent, other.exponent)
	switch text = bytes.TrimRight(text, "0"); {
	case size != 0 || d.digits == string(text):
	case d.digits < string(text):
		size = -1
	default:
		size = 1
	}
	return size * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// appendBigDecimal appends a number as Java's BigDecimal.toString does: all its digits, and an exponent only where the
// number has one or begins with many zeros.
func appendBigDecimal(dst, literal []byte) []byte {
	mantissa, power := literal, int64(0)
	if e := bytes.IndexAny(literal, "eE"); e >= 0 {
		mantissa = literal[:e]
		power, _ = strconv.ParseInt(string(literal[e+1:]), 10, 64) // at the ends of int64 if it is beyond
		power = min(max(power, math.MinInt32), math.MaxInt32)
	}
	if mantissa[0] == '-' {
		dst, mantissa = append(dst, '-'), mantissa[1:]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := bytes.TrimLeft(append(bytes.Clone(whole), fraction...), "0")
	if len(digits) == 0 {
		digits = []byte("0")
	}
	scale := int64(len(fraction)) - power
	if adjusted := int64(len(digits)) - 1 - scale; scale < 0 || adjusted < -6 {
		return appendScientific(dst, digits, adjusted)
	}
	point := len(digits) - int(scale)
	if point <= 0 {
		dst = append(append(dst, "0."...), bytes.Repeat([]byte("0"), -point)...)
		return append(dst, digits...)
	}
	dst = append(dst, digits[:point]...)
	if scale == 0 {
		return dst
	}
	return append(append(dst, '.'), digits[point:]...)
}

// appendScientific appends digits with the point behind the first, and an exponent unless it is zero.
func appendScientific(dst, digits []byte, exponent int64) []byte {
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	if exponent == 0 {
		return dst
	}
	dst = append(dst, 'E')
	if exponent > 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, exponent, 10)
}
