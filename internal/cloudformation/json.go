package cloudformation

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// jsonReader reads JSON, which is known to be valid, with the position of each value.
type jsonReader struct {
	*parser
	source  []byte
	decoder *json.Decoder
	line    int32
	start   int // of the line
	at      int // counted up to here
}

// parseJSON gives JSON the same values as YAML gets, so that nothing else knows the difference.
func (p *parser) parseJSON(source []byte) *value {
	r := &jsonReader{parser: p, source: source, decoder: json.NewDecoder(bytes.NewReader(source)), line: 1}
	r.decoder.UseNumber()
	return r.next(0)
}

// mark is where the next token starts.
func (r *jsonReader) mark() mark {
	end := int(r.decoder.InputOffset())
	for end < len(r.source) && bytes.IndexByte([]byte(" \t\r\n,:"), r.source[end]) >= 0 {
		end++
	}
	for ; r.at < end; r.at++ {
		if r.source[r.at] == '\n' {
			r.line++
			r.start = r.at + 1
		}
	}
	return mark{r.line, int32(end - r.start + 1)}
}

// next reads one value. That the JSON is valid is known, so that errors of the decoder are not to be expected.
func (r *jsonReader) next(depth int) *value {
	at := r.mark()
	if depth > maxDepth {
		// What follows cannot be told apart from what is above without reading it.
		made := r.fail(at, "nested deeper than %d", maxDepth)
		r.errs.over = true
		return made
	}
	token, err := r.decoder.Token()
	if err != nil {
		return r.fail(at, "no JSON: %v", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return r.array(at, depth)
		}
		return r.object(at, depth)
	case string:
		return newText(at, token)
	case json.Number:
		return &value{kind: number, at: at, text: token.String()}
	case bool:
		return newBoolean(at, token)
	default:
		return &value{kind: null, at: at}
	}
}

func (r *jsonReader) array(at mark, depth int) *value {
	made := newList(at)
	for r.decoder.More() && !r.errs.over {
		made.items = append(made.items, r.next(depth+1))
	}
	_, _ = r.decoder.Token()
	return made
}

// object refuses a key that is there twice. AWS takes the last one in silence; it is a mistake every time.
func (r *jsonReader) object(at mark, depth int) *value {
	made := &value{kind: object, at: at}
	seen := map[string]mark{}
	for r.decoder.More() && !r.errs.over {
		keyAt := r.mark()
		token, err := r.decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return r.fail(keyAt, "no JSON: %v", err)
		}
		one := r.next(depth + 1)
		if first, double := seen[key]; double {
			r.fail(keyAt, "%q is here for the second time, the first is in line %d", key, first.line)
			continue
		}
		seen[key] = keyAt
		made.members = append(made.members, member{key, keyAt, one})
	}
	_, _ = r.decoder.Token()
	return function(made)
}

// appendQuoted appends a text as JSON, without the escapes that are for HTML.
func appendQuoted(to []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(to, s)
		}
	}
	return strconv.AppendQuote(to, s)
}

func appendEscaped(to []byte, s string) []byte {
	var made bytes.Buffer
	encoder := json.NewEncoder(&made)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return strconv.AppendQuote(to, s)
	}
	return append(to, bytes.TrimSuffix(made.Bytes(), []byte("\n"))...)
}
