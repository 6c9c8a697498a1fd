package gateway

import (
	"errors"
	"fmt"
)

// The kinds of error that a client may see. Each door has one table from kind to what its protocol says; whatever is
// not an [Error] is internal and shown without its text.
var (
	ErrInvalid      = errors.New("invalid")
	ErrUnauthorized = errors.New("unauthorized")
	ErrForbidden    = errors.New("forbidden")
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrGone         = errors.New("gone")
	ErrTooLarge     = errors.New("too large")
	ErrTooMany      = errors.New("too many")
	ErrMediaType    = errors.New("unsupported media type")
	ErrUnavailable  = errors.New("unavailable")

	// ErrTimeout is a backend that did not answer in time, ErrUnreachable one that did not answer at all, and
	// ErrBadReply one whose answer made no sense. ErrConfiguration is a deployed API that cannot work as it is.
	ErrTimeout       = errors.New("timeout")
	ErrUnreachable   = errors.New("unreachable")
	ErrBadReply      = errors.New("bad reply")
	ErrConfiguration = errors.New("configuration")
)

// Error is an error that a client may see: what kind it is, and a message meant for the client.
type Error struct {
	Kind    error
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap makes errors.Is(err, ErrNotFound) true for an Error of that kind.
func (e *Error) Unwrap() error { return e.Kind }

// Errorf makes an Error of a kind.
func Errorf(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}
