package vtl

import (
	"math"
	"math/big"
)

// maxBits is how large an integer may grow.
const maxBits = 4096

const errTooLarge = limitError("a number larger than allowed")

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
	a, b, err := r.operands(a, b)
	if a == nil || err != nil {
		return nil, err
	}
	if isWhole(a) && isWhole(b) {
		return r.calculateBig(op, toBig(a), toBig(b))
	}
	return calculateDouble(op, toDouble(a), toDouble(b)), nil
}

// operands are two numbers to calculate with, or nil if they are not both numbers. They take memory where they are large.
func (r *run) operands(a, b any) (x, y any, err error) {
	if !isNumber(a) || !isNumber(b) {
		return nil, nil, nil
	}
	if x, err = r.read(a); err != nil {
		return nil, nil, err
	}
	if y, err = r.read(b); err != nil {
		return nil, nil, err
	}
	bytes := 0
	for _, v := range [...]any{x, y} {
		if v, ok := v.(*big.Int); ok {
			bytes += bigBytes + v.BitLen()/4
		}
	}
	if bytes == 0 {
		return x, y, nil
	}
	return x, y, r.hold(bytes)
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
func (r *run) calculateBig(op byte, a, b *big.Int) (any, error) {
	if a == nil || b == nil { // a *longNumber that is huge
		return nil, errTooLarge
	}
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
		return nil, errTooLarge
	}
	return v, r.hold(bigBytes + v.BitLen()/8)
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

// toDouble is a number as a Java double, which loses the last digits of a large integer; for what is no number, 0.
func toDouble(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case *big.Int:
		f, _ := v.Float64()
		return f
	case *longNumber:
		if v.integer && v.huge() {
			return math.Inf(v.sign())
		}
		f, _ := parseDouble(v.text).(float64)
		return f
	default:
		return 0
	}
}

// compareNumbers is the order of two numbers; not ok if they are not both numbers.
func (r *run) compareNumbers(a, b any) (order int, ok bool, err error) {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		return compareOrdered(x, y), true, nil
	}
	a, b, err = r.operands(a, b)
	if a == nil || err != nil {
		return 0, false, err
	}
	if !isWhole(a) || !isWhole(b) {
		return compareOrdered(toDouble(a), toDouble(b)), true, nil
	}
	bigX, bigY := toBig(a), toBig(b)
	if bigX == nil || bigY == nil {
		return compareHuge(a, b), true, r.work(1)
	}
	return bigX.Cmp(bigY), true, nil
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
