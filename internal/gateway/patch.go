package gateway

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The operations of a [Patch] that are served.
const (
	opAdd     = "add"
	opRemove  = "remove"
	opReplace = "replace"
)

// A Patch is one change of an object of version 1 of the control plane, whose PATCH takes a list of them:
// "PatchOperation" in the API reference. Values are texts, whatever they mean.
type Patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value,omitempty"`
	From  string `json:"from,omitempty"`
}

// Patches is the body of such a PATCH.
type Patches struct {
	Operations []Patch `json:"patchOperations"`
}

// Epoch is a time as version 1 of the control plane writes it: seconds since 1970.
type Epoch int64

// EpochOf is a time in whole seconds.
func EpochOf(t time.Time) Epoch { return Epoch(t.Unix()) }

// Time is the time that e stands for.
func (e Epoch) Time() time.Time { return time.Unix(int64(e), 0).UTC() }

// edit is one thing that a patch may do to a T.
type edit[T any] struct {
	path string
	ops  []string
	do   func(*T, Patch) error
}

// apply finds the edit that a patch asks for, and makes it.
func apply[T any](t *T, p Patch, edits []edit[T]) error {
	if !slices.Contains([]string{opAdd, opRemove, opReplace}, p.Op) {
		return Errorf(ErrInvalid, "Invalid patch operation '%s' specified for path '%s'. Must be one of: [%s, %s, %s]",
			p.Op, p.Path, opAdd, opRemove, opReplace)
	}
	var paths []string
	for _, e := range edits {
		if e.path == p.Path && slices.Contains(e.ops, p.Op) {
			return e.do(t, p)
		}
		paths = append(paths, e.path)
	}
	return p.misplaced(paths)
}

// misplaced is the error of a patch whose path is none of those that there are for its operation; the two blanks are the
// service's own.
func (p Patch) misplaced(paths []string) error {
	return Errorf(ErrInvalid, "Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]",
		p.Path, p.Op, strings.Join(paths, ", "))
}

// segments splits the path of a patch (RFC 6901, section 3).
func (p Patch) segments() []string {
	segments := strings.Split(strings.TrimPrefix(p.Path, "/"), "/")
	for i, segment := range segments {
		segments[i] = unescapePointer(segment)
	}
	return segments
}

// unescapePointer decodes a segment of a JSON pointer (RFC 6901, section 4).
func unescapePointer(segment string) string {
	return strings.ReplaceAll(strings.ReplaceAll(segment, "~1", "/"), "~0", "~")
}

// expected words the error of a value that is none of its kind.
func (p Patch) expected(what string) error {
	return Errorf(ErrInvalid, "Invalid value '%s' for patch path '%s': expected %s", p.Value, p.Path, what)
}

// boolean is the value as a boolean.
func (p Patch) boolean() (bool, error) {
	switch strings.ToLower(p.Value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, p.expected("'true' or 'false'")
	}
}

// integer is the value as an integer.
func (p Patch) integer() (int, error) {
	n, err := strconv.ParseInt(p.Value, 10, 32)
	if err != nil {
		return 0, p.expected("an integer such as '100'")
	}
	return int(n), nil
}

// number is the value as a number.
func (p Patch) number() (float64, error) {
	f, err := strconv.ParseFloat(p.Value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, p.expected("a number such as '10.5'")
	}
	return f, nil
}

// toText edits a text that stands where a function says.
func toText[T any](where func(*T) *string) func(*T, Patch) error {
	return func(t *T, p Patch) error {
		*where(t) = p.Value // none, for a removal
		return nil
	}
}
