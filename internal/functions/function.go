package functions

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Function is a Lambda function: a folder of code, and how it is run.
type Function struct {
	Name        string            // FunctionName
	Runtime     string            // nodejs22.x, python3.13, provided.al2023, go1.x and the like; "" is provided
	Handler     string            // as "src/app.handler" or "pkg.mod.func"; only passed on to custom runtimes
	Dir         string            // folder with the code
	Built       string            // folder for what is built from Go source; "" is one of the host's
	Inline      string            // source text of a Node.js or Python function instead of a folder; its module is index
	Layers      []string          // folders that stand for /opt, the first loaded first
	Environment map[string]string // what the function is configured with
	Timeout     time.Duration     // of one invocation; 0 is 3 s
	Memory      int               // MB; 0 is 128
	Concurrency int               // most processes of the current code, as reserved; 0 reserves none, negative is always throttled
	Retries     int               // of a failed asynchronous invocation; 0 is 2, negative is none
}

const (
	defaultTimeout = 3 * time.Second
	defaultMemory  = 128
	defaultRetries = 2
	unreserved     = 20               // concurrency where none is reserved
	maxTimeout     = 15 * time.Minute // "Lambda quotas" in the developer guide
	maxMemory      = 32768            // MemorySize in the reference
)

// The ways to run a function.
type kind int

const (
	custom kind = iota
	node
	python
	unknown
)

func (f *Function) kind() kind {
	switch {
	case strings.HasPrefix(f.Runtime, "nodejs"):
		return node
	case strings.HasPrefix(f.Runtime, "python"):
		return python
	case f.Runtime == "", f.Runtime == "go1.x", strings.HasPrefix(f.Runtime, "provided"):
		return custom
	}
	return unknown
}

var (
	plainName   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	handlerForm = regexp.MustCompile(`^\S*[^./\s]\.[^./\s]\S*$`)
)

// Validate says what is wrong with a function by itself, as [Host.Set] does. Whether its code is there is only seen when it runs.
func (f *Function) Validate() error {
	switch {
	case !plainName.MatchString(f.Name):
		return fmt.Errorf("function %q: a name has 1 to 64 letters, digits, hyphens and underscores", f.Name)
	case f.Inline == "" && f.Dir == "":
		return fmt.Errorf("function %s: neither a folder nor source text", f.Name)
	case f.Inline != "" && f.kind() != node && f.kind() != python:
		return fmt.Errorf("function %s: source text is for Node.js and Python, not for the runtime %q", f.Name, f.Runtime)
	case (f.kind() == node || f.kind() == python) && !handlerForm.MatchString(f.Handler):
		return fmt.Errorf("function %s: the handler %q is not of the form module.function", f.Name, f.Handler)
	case f.Timeout < 0 || f.Timeout > maxTimeout:
		return fmt.Errorf("function %s: the timeout %v is not between 1 s and 15 min", f.Name, f.Timeout)
	case f.Memory < 0 || f.Memory > maxMemory:
		return fmt.Errorf("function %s: a memory of %d MB is not between 128 and 32768", f.Name, f.Memory)
	}
	for name := range f.Environment {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(f.Environment[name], "\x00") {
			return fmt.Errorf("function %s: %q cannot be an environment variable", f.Name, name)
		}
	}
	return nil
}

// complete is the function with its defaults, sharing nothing with the caller's.
func (f *Function) complete() Function {
	c := *f
	c.Timeout = cmp.Or(f.Timeout, defaultTimeout)
	c.Memory = cmp.Or(f.Memory, defaultMemory)
	c.Retries = max(cmp.Or(f.Retries, defaultRetries), 0)
	c.Layers = slices.Clone(f.Layers)
	c.Environment = maps.Clone(f.Environment)
	return c
}

// limit is the most processes of the current code.
func (f *Function) limit() int { return max(cmp.Or(f.Concurrency, unreserved), 0) }

// bound is how long callers wait for a process to be free. Who reserves a concurrency wants to see it reached.
func (f *Function) bound() time.Duration {
	if f.Concurrency != 0 {
		return 0
	}
	return f.Timeout
}

// check looks at all functions of a set, and says everything that is wrong.
func check(functions []Function) error {
	var wrong []error
	names := map[string]bool{}
	for i := range functions {
		f := &functions[i]
		if names[f.Name] {
			wrong = append(wrong, fmt.Errorf("function %s: there are two of this name", f.Name))
		}
		names[f.Name] = true
		wrong = append(wrong, f.Validate())
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("functions: %w", err)
	}
	return nil
}
