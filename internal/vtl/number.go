package vtl

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
)

// What a number may be to be read at every mention. Anything longer stays a text until it is calculated with.
const (
	plainDigits  = 40
	doubleDigits = 18   // of a literal of JSON; Jayway's parser json-smart makes a BigDecimal of a longer one
	bigDigits    = 1234 // of an integer below 2^maxBits
)

// A longNumber is a number as Java prints it: an integer of many digits, or a java.math.BigDecimal, which keeps digits
// that a double would lose. It prints as it is. Calculation takes a BigDecimal for a double, and an integer of more
// than bigDigits for one that is too large.
type longNumber struct {
	text    string
	integer bool
}

// IsInteger and String are those of a number of a JSON document.
func (n *longNumber) IsInteger() bool { return n.integer }
func (n *longNumber) String() string  { return n.text }

// A decimal is a number of a JSON document as somebody else keeps it: how Java prints it, and whether it is whole. Both
// are asked for at each mention.
type decimal interface {
	IsInteger() bool
	String() string
}

// javaNumber is a number of a document that prints as text, without reading more than plainDigits of it.
func javaNumber(text string, integer bool) any {
	switch {
	case integer && len(text) > plainDigits:
		return &longNumber{text: text, integer: true}
	case integer:
		return parseInteger(text)
	case len(text) <= plainDigits:
		var buffer [plainDigits]byte
		v := parseDouble(text)
		if f, ok := v.(float64); !ok || string(appendDouble(buffer[:0], f)) == text {
			return v
		}
	}
	return &longNumber{text: text}
}

// jsonNumber reads a number as JSON writes it: an integer of any size, a Java double, or if it is long a BigDecimal.
func jsonNumber(literal string) any {
	switch {
	case !strings.ContainsAny(literal, ".eE"):
		return javaNumber(literal, true)
	case len(literal) <= doubleDigits:
		return parseDouble(literal)
	}
	return &longNumber{text: bigDecimalText(literal)}
}

// parseInteger is an int64 or, if it does not fit, a *big.Int.
func parseInteger(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	n, ok := new(big.Int).SetString(text, 10)
	switch {
	case !ok:
		return nil
	case n.IsInt64():
		return n.Int64()
	default:
		return n
	}
}

// bigDecimalText is what BigDecimal.toString makes of a literal: its digits with a point, and an exponent if it has one
// or if many zeros would come first.
func bigDecimalText(literal string) string {
	mantissa, exponent, _ := strings.Cut(strings.Replace(literal, "E", "e", 1), "e")
	power, _ := strconv.ParseInt(strings.TrimPrefix(exponent, "+"), 10, 32) // at an end of its range if it is beyond
	var out []byte
	if strings.HasPrefix(mantissa, "-") {
		out, mantissa = append(out, '-'), mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	scale := int64(len(fraction)) - power // digits behind the point
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		digits = "0"
	}
	first := int64(len(digits)) - scale // digits before the point, or zeros behind it
	switch {
	case scale == 0:
		out = append(out, digits...)
	case scale > 0 && first > 0:
		out = append(append(append(out, digits[:first]...), '.'), digits[first:]...)
	case scale > 0 && first > -6:
		out = append(append(out, "0."...), bytes.Repeat([]byte{'0'}, int(-first))...)
		out = append(out, digits...)
	default:
		out = append(out, digits[0])
		if len(digits) > 1 {
			out = append(append(out, '.'), digits[1:]...)
		}
		if first != 1 {
			out = append(out, 'E')
			if first > 1 {
				out = append(out, '+')
			}
			out = strconv.AppendInt(out, first-1, 10)
		}
	}
	return string(out)
}

// isNumber says whether a value is a number.
func isNumber(v any) bool {
	switch v.(type) {
	case int64, *big.Int, float64, *longNumber:
		return true
	default:
		return false
	}
}

// isWhole says whether a value is an integer.
func isWhole(v any) bool {
	switch v := v.(type) {
	case int64, *big.Int:
		return true
	case *longNumber:
		return v.integer
	default:
		return false
	}
}

// read makes something to calculate with of a number that is still a text. An integer that is too large stays one.
func (r *run) read(v any) (any, error) {
	n, ok := v.(*longNumber)
	if !ok || n.integer && n.huge() {
		return v, nil
	}
	if err := r.work(1 + len(n.text)/digitsPerStep); err != nil {
		return nil, err
	}
	if !n.integer {
		return parseDouble(n.text), nil
	}
	return parseInteger(n.text), r.hold(4*len(n.text) + bigBytes)
}

// huge says whether an integer has more digits than any that was calculated.
func (n *longNumber) huge() bool { return len(n.text) > bigDigits+1 }

// sign is below 0 for a negative number and above for any other: none of them is 0.
func (n *longNumber) sign() int {
	if n.text[0] == '-' {
		return -1
	}
	return 1
}

// compareHuge is the order of two integers of which one is huge, or both.
func compareHuge(a, b any) int {
	x, _ := a.(*longNumber)
	y, _ := b.(*longNumber)
	switch {
	case y == nil:
		return x.sign()
	case x == nil:
		return -y.sign()
	case x.sign() != y.sign():
		return x.sign()
	case len(x.text) != len(y.text):
		return x.sign() * (len(x.text) - len(y.text))
	default:
		return x.sign() * strings.Compare(x.text, y.text)
	}
}
