package vtl

import (
	"math"
	"math/big"
)

// maxBits is how large an integer may grow.
const maxBits = 4096

// Operators of calculation.
const (
	opAdd byte = iota
	opSubtract
	opMultiply
	opDivide
	opModulo
)

// calculate is a op b, or nil if there is no such value: then an assignment leaves its variable as it was. An
// integer that is too large for 64 bits becomes a big one, as in MathUtils of Velocity 1.7.
func (r *run) calculate(op byte, a, b any) (any, error) {
	if op == opAdd {
		_, first := a.(string)
		_, second := b.(string)
		if first || second {
			return r.concatenate(a, b)
		}
	}
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		if v, ok := calculateInt(op, x, y); ok {
			return v, nil
		}
	}
	bigX, bigY := toBig(a), toBig(b)
	if bigX != nil && bigY != nil {
		return calculateBig(op, bigX, bigY)
	}
	f, fOK := toDouble(a)
	g, gOK := toDouble(b)
	if !fOK || !gOK {
		return nil, nil
	}
	return calculateDouble(op, f, g), nil
}

// concatenate is a + b where one is a string: the other is added as it prints.
func (r *run) concatenate(a, b any) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	first, err := r.text(a)
	if err != nil {
		return nil, err
	}
	second, err := r.text(b)
	if err != nil {
		return nil, err
	}
	if err := r.room(len(first) + len(second)); err != nil {
		return nil, err
	}
	return r.made(first + second)
}

// calculateInt is a op b; not ok if it does not fit.
func calculateInt(op byte, a, b int64) (v any, ok bool) {
	switch op {
	case opAdd:
		sum := a + b
		return sum, (sum > a) == (b > 0)
	case opSubtract:
		difference := a - b
		return difference, (difference < a) == (b > 0)
	case opMultiply:
		if a == 0 || b == 0 {
			return int64(0), true
		}
		product := a * b
		negated := a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64
		return product, !negated && product/b == a
	case opDivide:
		if b == 0 {
			return nil, true
		}
		return a / b, true
	default:
		if b == 0 {
			return nil, true
		}
		return a % b, true
	}
}

// calculateBig divides as java.math.BigInteger does: the quotient is cut off, the modulus is never negative.
func calculateBig(op byte, a, b *big.Int) (any, error) {
	if b.Sign() == 0 && (op == opDivide || op == opModulo) {
		return nil, nil
	}
	v := new(big.Int)
	switch op {
	case opAdd:
		v.Add(a, b)
	case opSubtract:
		v.Sub(a, b)
	case opMultiply:
		v.Mul(a, b)
	case opDivide:
		v.Quo(a, b)
	default:
		v.Mod(a, new(big.Int).Abs(b))
	}
	if v.BitLen() > maxBits {
		return nil, limitError("a number larger than allowed")
	}
	return v, nil
}

// calculateDouble is a op b. Velocity 1.7 does not divide by zero, although doubles can.
func calculateDouble(op byte, a, b float64) any {
	switch op {
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	}
	if b == 0 {
		return nil
	}
	if op == opDivide {
		return a / b
	}
	return math.Mod(a, b)
}

// toBig is an integer of any size, or nil for anything else.
func toBig(v any) *big.Int {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v)
	case *big.Int:
		return v
	default:
		return nil
	}
}

// toDouble is a number as a Java double, which loses the last digits of a large integer.
func toDouble(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	default:
		return 0, false
	}
}

// compareNumbers is the order of two numbers; not ok if they are not both numbers.
func compareNumbers(a, b any) (order int, ok bool) {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		return compareOrdered(x, y), true
	}
	if bigX, bigY := toBig(a), toBig(b); bigX != nil && bigY != nil {
		return bigX.Cmp(bigY), true
	}
	f, fOK := toDouble(a)
	g, gOK := toDouble(b)
	return compareOrdered(f, g), fOK && gOK
}

// compareOrdered is 0 for NaN, unlike cmp.Compare: Velocity asks for less and more only.
func compareOrdered[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
