package program

import (
	"errors"
	"fmt"
	"strings"

	"gangway/internal/gateway"
)

// unserved is an error of kind [gateway.ErrConfiguration]: what it is about is right, and this version cannot do it.
func unserved(format string, args ...any) error {
	return gateway.Errorf(gateway.ErrConfiguration, format, args...)
}

// report takes down what is to be said about an object, if something is; of errors that were joined, each. What is of kind
// [gateway.ErrConfiguration] is noted, and everything else is a fault.
func (c *compiler) report(object string, err error) {
	if err == nil {
		return
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			c.report(object, err)
		}
		return
	}
	const longest = 1 << 10
	text := object + ": " + strings.ReplaceAll(err.Error(), "\n", " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	if errors.Is(err, gateway.ErrConfiguration) {
		c.notes = append(c.notes, text)
		return
	}
	c.faults = append(c.faults, text)
}

// bounded is as much of a list as a client can take, 50 texts and 4 KB with "; " between them, and how many more there are.
func bounded(texts []string) []string {
	const most, room = 50, 4<<10 - len("; and 1234567890 more")
	length := 0
	for i, text := range texts {
		if i > 0 {
			length += len("; ")
		}
		length += len(text)
		if i == most || length > room {
			return append(texts[:i:i], fmt.Sprintf("and %d more", len(texts)-i))
		}
	}
	return texts
}
