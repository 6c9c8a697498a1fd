package jsonpath

import (
	"bytes"
	"math"
	"strconv"
)

// doubleDigits is the longest literal with a fraction or an exponent that json-smart, Jayway's parser, reads as a double
// in the mode that Jayway uses, MODE_PERMISSIVE; a longer one is a BigDecimal whatever its digits.
const doubleDigits = 18

// appendNumber appends a valid JSON number as Java prints it: an integer as it is written, for Java has integers of
// any size, and anything else as a double, or if it is long as a BigDecimal.
func appendNumber(dst, literal []byte) []byte {
	if string(literal) == "-0" {
		return append(dst, '0') // Java's integers have no negative zero.
	}
	if !bytes.ContainsAny(literal, ".eE") {
		return append(dst, literal...)
	}
	if len(literal) > doubleDigits {
		return appendBigDecimal(dst, literal)
	}
	x, err := strconv.ParseFloat(string(literal), 64)
	if err != nil { // Only its range can be wrong: x is infinite.
		return appendInfinity(dst, x)
	}
	return appendDouble(dst, x)
}

// appendInfinity appends an infinite x as Java does.
func appendInfinity(dst []byte, x float64) []byte {
	if x < 0 {
		dst = append(dst, '-')
	}
	return append(dst, "Infinity"...)
}

// appendDouble appends x as Java's Double.toString does: the shortest digits that read back as x, at least one of
// them after the point, and an exponent below 10^-3 and from 10^7 on.
func appendDouble(dst []byte, x float64) []byte {
	var buf [32]byte
	if size := math.Abs(x); x == 0 || size >= 1e-3 && size < 1e7 {
		return appendPoint(dst, strconv.AppendFloat(buf[:0], x, 'f', -1, 64))
	}
	mantissa, exponent, _ := bytes.Cut(strconv.AppendFloat(buf[:0], x, 'e', -1, 64), []byte("e"))
	dst = append(appendPoint(dst, mantissa), 'E')
	if exponent[0] == '-' {
		dst = append(dst, '-')
	}
	return append(dst, bytes.TrimLeft(exponent[1:], "0")...)
}

// appendPoint appends digits, with ".0" if they have no point.
func appendPoint(dst, digits []byte) []byte {
	dst = append(dst, digits...)
	if bytes.IndexByte(digits, '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}
