package vtl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says where a text is not a template, and why. Lines and columns count from 1, columns in characters.
type SyntaxError struct {
	Line, Column int
	Message      string
}

// Error is the message with its place.
func (e *SyntaxError) Error() string { return placed(e.Line, e.Column, e.Message) }

// A RenderError says where a template could not be rendered, and why.
type RenderError struct {
	Line, Column int
	Message      string
	cause        error
}

// Error is the message with its place.
func (e *RenderError) Error() string { return placed(e.Line, e.Column, e.Message) }

// Unwrap is what went wrong: one of [ErrLimit] and [ErrCanceled], or what an [Object] returned.
func (e *RenderError) Unwrap() error { return e.cause }

// What callers may ask for with errors.Is, and what an Object may return.
var (
	// ErrLimit is the cause of an error that a budget of [Limits] is exceeded.
	ErrLimit = errors.New("vtl: limit exceeded")
	// ErrCanceled is the cause of an error that Limits.Done was closed.
	ErrCanceled = errors.New("vtl: canceled")
	// ErrNoMethod is what an [Object] returns from Call for a method that it does not have: the call is null.
	ErrNoMethod = errors.New("vtl: no such method")
)

// errBreak and errStop are not errors: they end what a #break or #stop is in.
var (
	errBreak = errors.New("vtl: #break")
	errStop  = errors.New("vtl: #stop")
)

// placed is the one form of message of this package.
func placed(line, column int, message string) string {
	return fmt.Sprintf("vtl: line %d, column %d: %s", line, column, message)
}

// locate is the line and column of an offset of a source.
func locate(source string, offset int32) (line, column int) {
	before := source[:min(max(int(offset), 0), len(source))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// limitError is a kind of ErrLimit that names the budget.
type limitError string

// Error is which budget it was.
func (e limitError) Error() string { return string(e) }

// Is says that every limitError is ErrLimit.
func (limitError) Is(target error) bool { return target == ErrLimit }
