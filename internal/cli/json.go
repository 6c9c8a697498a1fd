package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// printJSON prints a JSON text for eyes, its members in the order they came in. Escapes say the same to a program, so they
// are there for programs, too: what is written to a file is read on a terminal later.
func (s *Streams) printJSON(text []byte) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, unescaped(bytes.TrimSpace(text)), "", "  "); err != nil {
		return fmt.Errorf("control plane: the answer is no JSON: %w", err)
	}
	shown := printable(indented.String())
	if _, plain := s.Env("NO_COLOR"); isTerminal(s.Stdout) && !plain {
		shown = colourJSON(shown)
	}
	return s.printf("%s\n", shown)
}

// unescaped writes <, > and & as they are where JSON has them escaped for the sake of HTML: templates of messages are full
// of them.
func unescaped(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		escape := text[i:min(i+6, len(text))]
		if plain, ok := map[string]byte{`\u003c`: '<', `\u003e`: '>', `\u0026`: '&'}[string(escape)]; ok {
			out = append(out, plain)
			i += 5
			continue
		}
		out = append(out, text[i], text[i+1])
		i++
	}
	return out
}

// readFile reads a file, or standard input if its name is "-".
func (s *Streams) readFile(name string) ([]byte, error) {
	if name == standardStream {
		return io.ReadAll(s.Stdin)
	}
	return os.ReadFile(name)
}

// checkObject says where a file is not the JSON object it should be.
func checkObject(name string, text []byte) error {
	if name == standardStream {
		name = "standard input"
	}
	if err := checkJSON(text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return fmt.Errorf("%s: expected a JSON object, {…}", name)
	}
	return nil
}

// checkJSON says where a text is no JSON: line and column, counted from 1.
func checkJSON(text []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	wrong, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err
	}
	at := int(wrong.Offset) // behind the byte that is wrong, if there is one
	if wrong.Error() != "unexpected end of JSON input" {
		at--
	}
	before := text[:at]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// decodeJSON decodes a text whose numbers are to be printed as they came.
func decodeJSON(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// encode writes JSON for eyes: what templates of messages are made of stays readable.
func encode(value any, indent string) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes()), err
}
