package vtl

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// The range of Java's int.
const (
	maxInt = math.MaxInt32
	minInt = math.MinInt32
)

var errNumber = errors.New("the text is not a number")

// numberMethods are those of java.lang.Integer, Long and Double.
var numberMethods = methods{
	"byteValue":      {{"", func(c invocation) (any, error) { return int64(int8(c.integer())), nil }}},
	"compareTo":      {{"n", func(c invocation) (any, error) { return c.order() }}},
	"doubleValue":    {{"", func(c invocation) (any, error) { return c.double(), nil }}},
	"floatValue":     {{"", func(c invocation) (any, error) { return c.double(), nil }}},
	"intValue":       {{"", func(c invocation) (any, error) { return int64(c.narrow()), nil }}},
	"isInfinite":     {{"", func(c invocation) (any, error) { return math.IsInf(c.double(), 0), nil }}},
	"isNaN":          {{"", func(c invocation) (any, error) { return math.IsNaN(c.double()), nil }}},
	"longValue":      {{"", func(c invocation) (any, error) { return c.integer(), nil }}},
	"max":            {{"nn", func(c invocation) (any, error) { return c.outermost(1) }}},
	"min":            {{"nn", func(c invocation) (any, error) { return c.outermost(-1) }}},
	"parseDouble":    {{"s", func(c invocation) (any, error) { return parsed(parseDouble(strings.TrimSpace(c.string(0)))) }}},
	"parseInt":       {{"s", invocation.parse}, {"si", invocation.parseRadix}},
	"parseLong":      {{"s", invocation.parse}, {"si", invocation.parseRadix}},
	"shortValue":     {{"", func(c invocation) (any, error) { return int64(int16(c.integer())), nil }}},
	"toBinaryString": {{"i", func(c invocation) (any, error) { return c.radix(2), nil }}},
	"toHexString":    {{"i", func(c invocation) (any, error) { return c.radix(16), nil }}},
	"toOctalString":  {{"i", func(c invocation) (any, error) { return c.radix(8), nil }}},
	"toString":       {{"n", func(c invocation) (any, error) { return c.r.text(c.args[0]) }}},
	"valueOf":        {{"n", func(c invocation) (any, error) { return c.args[0], nil }}, {"s", invocation.valueOf}},
}

// booleanMethods are those of java.lang.Boolean.
var booleanMethods = methods{
	"booleanValue": {{"", func(c invocation) (any, error) { return c.self, nil }}},
	"compareTo": {{"b", func(c invocation) (any, error) {
		switch c.self {
		case c.args[0]:
			return int64(0), nil
		case true:
			return int64(1), nil
		default:
			return int64(-1), nil
		}
	}}},
	"parseBoolean": {{"s", func(c invocation) (any, error) { return strings.EqualFold(c.string(0), "true"), nil }}},
	"valueOf":      {{"s", func(c invocation) (any, error) { return strings.EqualFold(c.string(0), "true"), nil }}},
}

// double is the number as a double.
func (c invocation) double() float64 {
	return toDouble(c.self)
}

// integer is the number as Java's long: a double is cut off at its point and at the range.
func (c invocation) integer() int64 {
	switch v := c.self.(type) {
	case int64:
		return v
	case *big.Int:
		return int64(new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64)).Uint64())
	}
	switch f := c.double(); {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(f)
	}
}

// narrow is the number as Java's int, where an integer loses its upper half.
func (c invocation) narrow() int32 {
	if _, ok := c.self.(float64); ok {
		return int32(max(min(c.integer(), maxInt), minInt))
	}
	return int32(c.integer())
}

// order is compareTo, or nil for numbers of different classes: Integer cannot be compared to Double.
func (c invocation) order() (any, error) {
	if isWhole(c.self) != isWhole(c.args[0]) {
		return nil, nil // Integer has no compareTo(Double)
	}
	order, _, err := c.r.compareNumbers(c.self, c.args[0])
	return int64(compareOrdered(int64(order), 0)), err
}

// outermost is Math.max for 1 and Math.min for -1.
func (c invocation) outermost(direction int) (any, error) {
	order, _, err := c.r.compareNumbers(c.args[0], c.args[1])
	if compareOrdered(int64(order), 0) == direction {
		return c.args[0], err
	}
	return c.args[1], err
}

// radix writes an integer as Java does: a negative one as its bits.
func (c invocation) radix(base int) any {
	n, _ := c.args[0].(int64)
	if n < 0 && n >= minInt {
		return strconv.FormatUint(uint64(uint32(n)), base)
	}
	return strconv.FormatUint(uint64(n), base)
}

// parse is Integer.parseInt, parseRadix the one with a base.
func (c invocation) parse() (any, error) { return parsed(parseWhole(c.string(0), 10)) }

func (c invocation) parseRadix() (any, error) { return parsed(parseWhole(c.string(0), c.int(1))) }

// valueOf reads a number of the kind that it is called on.
func (c invocation) valueOf() (any, error) {
	if _, ok := c.self.(float64); ok {
		return parsed(parseDouble(strings.TrimSpace(c.string(0))))
	}
	return c.parse()
}

// parseWhole is an integer, or nil.
func parseWhole(text string, base int) any {
	if base < 2 || base > 36 {
		return nil
	}
	n, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		return nil
	}
	return n
}

// parsed makes an error of a number that could not be read: NumberFormatException.
func parsed(v any) (any, error) {
	if v == nil {
		return nil, errNumber
	}
	return v, nil
}
