package vtl

import (
	"bytes"
	"math"
	"strconv"
)

// Java writes a double without an exponent from minPlain up to maxPlain.
const (
	minPlain = 1e-3
	maxPlain = 1e7
)

// parseDouble reads a decimal number as Double.parseDouble does: beyond the range it is infinite.
func parseDouble(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil
	}
	return f
}

// appendDouble appends what Double.toString makes of f: with at least one digit behind the point.
func appendDouble(dst []byte, f float64) []byte {
	magnitude := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case magnitude == 0 || magnitude >= minPlain && magnitude < maxPlain:
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if bytes.IndexByte(dst[start:], '.') < 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	default:
		return appendScientific(dst, f)
	}
}

// appendScientific appends 1.0E10 for 1e+10.
func appendScientific(dst []byte, f float64) []byte {
	var buffer [32]byte
	text := strconv.AppendFloat(buffer[:0], f, 'e', -1, 64)
	e := bytes.IndexByte(text, 'e')
	dst = append(dst, text[:e]...)
	if bytes.IndexByte(text[:e], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	exponent := text[e+1:]
	if exponent[0] == '-' {
		dst = append(dst, '-')
	}
	return append(dst, bytes.TrimLeft(exponent, "+-0")...)
}
