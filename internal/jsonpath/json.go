package jsonpath

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// What a tree may become as a text. Trees that templates change can hold themselves, or one array many times.
const (
	maxText   = 16 << 20
	maxNests  = 2 * maxDepth
	jsonSteps = 2 // for 64 bytes of JSON, which are copied as it grows
)

// AppendJSON appends a tree as JSON: compact, in order, with what JSON requires escaped and besides, as json-smart does,
// U+007F to U+009F and U+2000 to U+20FF. Numbers are written as Java prints them; infinity, which JSON lacks, is null.
// Objects and arrays may also be of other packages, if they have the methods of [Object] and [Array]; float64, int,
// *big.Int and what has the methods of a [Decimal] are numbers, too. The error is [ErrTooLarge] or says which Go type has no JSON.
func AppendJSON(dst []byte, value any) ([]byte, error) {
	return AppendJSONCharged(dst, value, nil)
}

// AppendJSONCharged is AppendJSON for a caller who counts the work of many calls together, as [Path.SelectCharged] does: a
// step is a microsecond of CPU, or 64 bytes of memory. When charge fails, so does it, with that error.
func AppendJSONCharged(dst []byte, value any, charge func(steps int) error) ([]byte, error) {
	w := writer{dst: dst, limit: len(dst) + maxText, paid: len(dst), charge: charge}
	w.json(value, 0)
	if w.err == nil {
		w.pay(unitsPerStep - 1)
	}
	return w.dst, w.err
}

// AppendText appends a tree as API Gateway prints what a JSONPath found into a template, until it has most bytes. An
// object is {a=b, c=d}, as Java prints a map, a string in it unquoted. An array, and all in it, is JSON, in which json-smart
// also escapes slashes. Nil is null. What is nested too deep is cut.
func AppendText(dst []byte, value any, most int) []byte {
	limit := len(dst) + min(max(most, 0), maxText)
	w := writer{dst: dst, limit: limit, web: true}
	w.text(value, 0)
	return w.dst[:min(len(w.dst), limit)]
}

// A foreignNumber is a number of another package, as it keeps it: [Decimal] has the same methods.
type foreignNumber interface {
	IsInteger() bool
	String() string
}

// A writer prints trees until it has reached a limit. It recurses as deep as they are, up to maxNests.
type writer struct {
	dst   []byte
	limit int
	web   bool // slashes are escaped
	err   error

	charge func(steps int) error
	paid   int // bytes of dst that were charged for
}

// pay charges for what was printed since the last time, and for some bytes more.
func (w *writer) pay(more int) {
	if w.charge == nil {
		return
	}
	parts := (len(w.dst) - w.paid + more) / unitsPerStep
	w.paid += parts * unitsPerStep
	if err := w.charge(parts * jsonSteps); err != nil {
		w.err = err
	}
}

// stop says that no more has to be printed.
func (w *writer) stop(depth int) bool {
	if w.err == nil && (len(w.dst) > w.limit || depth > maxNests) {
		w.err = ErrTooLarge
	}
	if w.err == nil && len(w.dst)-w.paid >= payment {
		w.pay(0)
	}
	return w.err != nil
}

// json prints a value as JSON.
func (w *writer) json(value any, depth int) {
	if w.stop(depth) {
		return
	}
	switch value := value.(type) {
	case string:
		w.quote(value)
	case mapping:
		w.object(value, depth)
	case list:
		w.array(value, depth)
	default:
		w.scalar(value)
	}
}

func (w *writer) object(m mapping, depth int) {
	w.dst = append(w.dst, '{')
	w.members(m, ",", func(key string, value any) {
		w.quote(key)
		w.dst = append(w.dst, ':')
		w.json(value, depth+1)
	})
	w.dst = append(w.dst, '}')
}

// members prints the members of an object with commas between.
func (w *writer) members(m mapping, comma string, each func(key string, value any)) {
	o, ok := m.(*Object)
	if !ok {
		o = new(Object)
		for _, key := range m.Keys() {
			if value, ok := m.Get(key); ok {
				o.entries = append(o.entries, entry{key: key, value: value})
			}
		}
	}
	first := true
	for i := range o.entries {
		if o.entries[i].gone {
			continue
		}
		if !first {
			w.dst = append(w.dst, comma...)
		}
		first = false
		if each(o.entries[i].key, o.entries[i].value); w.err != nil {
			return
		}
	}
}

func (w *writer) array(l list, depth int) {
	w.dst = append(w.dst, '[')
	for i := range l.Len() {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		if w.json(l.At(i), depth+1); w.err != nil {
			return
		}
	}
	w.dst = append(w.dst, ']')
}

// text prints a value as Java does, down to arrays.
func (w *writer) text(value any, depth int) {
	if w.stop(depth) {
		return
	}
	switch value := value.(type) {
	case string:
		w.dst = append(w.dst, value...)
	case *Decimal:
		w.dst = append(w.dst, value.String()...)
	case mapping:
		w.dst = append(w.dst, '{')
		w.members(value, ", ", func(key string, value any) {
			w.dst = append(append(w.dst, key...), '=')
			w.text(value, depth+1)
		})
		w.dst = append(w.dst, '}')
	case list:
		w.array(value, depth)
	default:
		w.scalar(value)
	}
}

// scalar prints what is printed alike in JSON and in a text.
func (w *writer) scalar(value any) {
	switch value := value.(type) {
	case nil:
		w.dst = append(w.dst, "null"...)
	case bool:
		w.dst = strconv.AppendBool(w.dst, value)
	case int:
		w.dst = strconv.AppendInt(w.dst, int64(value), 10)
	case int64:
		w.dst = strconv.AppendInt(w.dst, value, 10)
	case *Decimal:
		if !value.known().finite {
			w.scalar(nil)
			return
		}
		w.dst = append(w.dst, value.String()...)
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			w.scalar(nil)
			return
		}
		w.dst = appendDouble(w.dst, value)
	case *big.Int:
		w.dst = value.Append(w.dst, 10)
	case foreignNumber:
		w.dst = append(w.dst, value.String()...)
	default:
		w.err = fmt.Errorf("json path: a %T is no JSON value", value)
	}
}

// short are the characters with an escape of two characters.
var short = [...]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '"': '"', '\\': '\\'}

// quote prints a string as JSON.
func (w *writer) quote(s string) {
	const hex = "0123456789ABCDEF"
	w.dst = append(w.dst, '"')
	from := 0 // what stands before i has been printed up to here
	for i, r := range s {
		var escape []byte
		switch {
		case int(r) < len(short) && short[r] != 0:
			escape = []byte{'\\', short[r]}
		case r == '/' && w.web:
			escape = []byte(`\/`)
		case r < ' ', 0x7f <= r && r <= 0x9f, 0x2000 <= r && r <= 0x20ff:
			escape = []byte{'\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15]}
		case r == utf8.RuneError:
			escape = []byte("\ufffd")
		default:
			continue
		}
		w.dst = append(append(w.dst, s[from:i]...), escape...)
		_, width := utf8.DecodeRuneInString(s[i:])
		from = i + width
	}
	w.dst = append(append(w.dst, s[from:]...), '"')
}
