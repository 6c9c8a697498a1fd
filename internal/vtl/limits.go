package vtl

import "slices"

// Limits are the budgets of one rendering. A zero field is its default.
type Limits struct {
	Steps      int // statements, evaluations, elements, each of a microsecond at most: 100,000
	Iterations int // of one #foreach: 1,000, the quota of API Gateway
	Output     int // bytes, also of a string in the making: 1 MiB
	Memory     int // bytes of all strings, lists and maps that the template makes: 4 MiB
	Depth      int // of values that print or compare, and of blocks in blocks: 64

	Done <-chan struct{} // ends the rendering when it is closed, such as Done of a context
}

// The defaults. Those that AWS documents are its quotas; the others keep one rendering within 8 MB and a tenth of a
// second.
const (
	defaultSteps      = 100_000
	defaultIterations = 1_000
	defaultOutput     = 1 << 20
	defaultMemory     = 4 << 20
	defaultDepth      = 64

	maxMacroDepth  = 20  // velocimacro.max.depth of Velocity 1.7
	maxDefineDepth = 2   // a #define inside itself prints as its reference from here on
	doneInterval   = 128 // steps between two looks at Done; a power of 2
)

// What things cost in bytes.
const (
	itemBytes        = 16
	listItemBytes    = 48 // with what the growth of a list leaves behind
	partBytes        = 40 // of a string that is split
	paramBytes       = 20
	listBytes        = 32
	mapItemBytes     = 128
	foreignItemBytes = 256 // of a map that is not ours
	keyBytes         = 16
	frameBytes       = 96
	bigBytes         = 64 // of an integer beyond 64 bits, with its digits besides
)

// What a step of a microsecond is enough for.
const (
	bytesPerStep  = 256 // of text that is searched or compared
	itemsPerStep  = 256 // of a list that move
	keysPerStep   = 32  // of a map that are listed
	placesPerStep = 16  // of a map that change
	digitsPerStep = 64  // of a number that is read
)

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set(&l.Steps, defaultSteps)
	set(&l.Iterations, defaultIterations)
	set(&l.Output, defaultOutput)
	set(&l.Memory, defaultMemory)
	set(&l.Depth, defaultDepth)
	return l
}

// step takes one step.
func (r *run) step() error {
	r.steps--
	if r.steps < 0 {
		return limitError("more steps than allowed")
	}
	if r.steps&(doneInterval-1) == 0 {
		return r.canceled()
	}
	return nil
}

// work takes the steps that a thing of some size costs.
func (r *run) work(steps int) error {
	if steps > r.steps {
		r.steps = 0
		return limitError("more steps than allowed")
	}
	before := r.steps
	r.steps -= max(steps, 0)
	if before/doneInterval != r.steps/doneInterval {
		return r.canceled()
	}
	return nil
}

// canceled fails once the caller has closed Done.
func (r *run) canceled() error {
	select {
	case <-r.limits.Done:
		return ErrCanceled
	default:
		return nil
	}
}

// hold accounts for memory that the template makes.
func (r *run) hold(bytes int) error {
	r.memory -= bytes
	if r.memory < 0 {
		return limitError("more memory than allowed")
	}
	return nil
}

// made accounts for a string that the template made.
func (r *run) made(s string) (any, error) {
	if len(s) > r.limits.Output {
		return nil, limitError("a string longer than allowed")
	}
	return s, r.hold(len(s))
}

// room fails if n more bytes of output are too many.
func (r *run) room(n int) error {
	if len(r.out)-r.base+n > r.limits.Output {
		return limitError("more output than allowed")
	}
	return nil
}

// write appends to the output.
func (r *run) write(s string) error {
	if err := r.room(len(s)); err != nil {
		return err
	}
	if len(r.out)+len(s) > cap(r.out) {
		r.out = slices.Grow(r.out, max(len(s), min(len(r.out), r.base+r.limits.Output-len(r.out)))) // append alone would copy more often
	}
	r.out = append(r.out, s...)
	return nil
}

// enter goes one level deeper; leave goes back.
func (r *run) enter() error {
	r.depth++
	if r.depth > r.limits.Depth {
		return limitError("nested deeper than allowed")
	}
	return nil
}

// leave undoes enter.
func (r *run) leave() { r.depth-- }
