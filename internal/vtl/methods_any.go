package vtl

import (
	"errors"
	"math"
	"unicode/utf16"
)

// anyMethods are those of java.lang.Object.
var anyMethods = methods{
	"equals": {{"o", func(c invocation) (any, error) {
		return boxed(c.r.equals(c.self, c.args[0], c.r.limits.Depth))
	}}},
	"hashCode": {{"", func(c invocation) (any, error) { return hashCode(c.self), nil }}},
	"toString": {{"", func(c invocation) (any, error) { return boxedText(c.r.text(c.self)) }}},
}

// boxedText makes a value of a string and its error.
func boxedText(s string, err error) (any, error) { return s, err }

// isNoMethod tells a method that there is not from one that failed.
func isNoMethod(err error) bool { return errors.Is(err, ErrNoMethod) }

// hashCode is that of the scalars of Java, whose values it depends on alone.
func hashCode(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1231)
		}
		return int64(1237)
	case int64:
		if v >= minInt && v <= maxInt {
			return v
		}
		return int64(int32(uint64(v) ^ uint64(v)>>32))
	case float64:
		bits := math.Float64bits(v)
		return int64(int32(bits ^ bits>>32))
	case string:
		var hash int32
		for _, point := range v {
			if high, low := utf16.EncodeRune(point); high != 0xFFFD {
				hash = 31*(31*hash+high) + low
			} else {
				hash = 31*hash + point
			}
		}
		return int64(hash)
	default:
		return nil
	}
}
