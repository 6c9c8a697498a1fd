package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gangway/internal/websocket"
)

// printer prints messages: for eyes on a terminal, as they came for other programs.
func (s *Streams) printer() func(message) error {
	terminal := isTerminal(s.Stdout)
	_, plain := s.Env("NO_COLOR")
	return func(m message) error { return s.printf("%s\n", render(m, terminal, terminal && !plain)) }
}

// render is a message as it is printed. Binary messages are shown as such and in base64, one line each as all others.
func render(m message, terminal, colour bool) string {
	if m.op == websocket.Binary {
		return fmt.Sprintf("(binary, %d bytes, base64) %s", len(m.payload), base64.StdEncoding.EncodeToString(m.payload))
	}
	if !terminal {
		return string(m.payload)
	}
	var indented bytes.Buffer
	if !bytes.HasPrefix(bytes.TrimSpace(m.payload), []byte("{")) || json.Indent(&indented, m.payload, "", "  ") != nil {
		return printable(string(m.payload))
	}
	text := printable(indented.String())
	if !colour {
		return text
	}
	return colourJSON(text)
}

// hidden says whether a character acts on what is around it in place of being seen: control characters, those of Unicode's
// C1 range too, line separators, and what turns the direction of writing.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

// printable shows such characters as escapes of JSON, so that a text cannot command the terminal. It leaves line feeds: what
// is one field of a line takes [field].
func printable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r != '\n' && r != '\t' && hidden(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// field is a text as a part of a line: quoted as in JSON if it could be taken for more than that.
func field(text string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\\' || hidden(r) }
	if text != "" && strings.IndexFunc(text, odd) < 0 {
		return text
	}
	quoted, _ := encode(text, "") // no text fails
	return printable(string(quoted))
}

// fields are texts as parts of a line.
func fields(texts []string, separator string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = field(text)
	}
	return strings.Join(all, separator)
}

// The colours of JSON, as ANSI escapes.
const (
	colourName   = "\x1b[34m"
	colourText   = "\x1b[32m"
	colourOther  = "\x1b[33m" // numbers, true, false, null
	colourNormal = "\x1b[0m"
)

// colourJSON colours indented JSON.
func colourJSON(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		n, colour := token(text)
		if colour == "" {
			out.WriteString(text[:n])
		} else {
			out.WriteString(colour + text[:n] + colourNormal)
		}
		text = text[n:]
	}
	return out.String()
}

// token is the length of the first token of indented JSON, and its colour.
func token(text string) (n int, colour string) {
	switch c := text[0]; {
	case c == '"':
		n = textLength(text)
		if strings.HasPrefix(text[n:], ":") {
			return n, colourName
		}
		return n, colourText
	case strings.IndexByte("{}[],: \n", c) >= 0:
		return 1, ""
	}
	n = strings.IndexAny(text, "{}[],: \n\"")
	if n < 0 {
		n = len(text)
	}
	return n, colourOther
}

// textLength is the length of the string literal that a text begins with.
func textLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
