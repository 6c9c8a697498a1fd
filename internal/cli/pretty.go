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

// render is a message as it is printed. Binary messages are shown in base64, one line each as all others.
func render(m message, terminal, colour bool) string {
	if m.op == websocket.Binary {
		return base64.StdEncoding.EncodeToString(m.payload)
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

// printable shows control characters as escapes, so that a message cannot command the terminal.
func printable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || r == utf8.RuneError) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
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
