package vtl

import "errors"

// A block is what #define defines, and the $bodyContent of a macro. It renders where it is referred to.
type block struct {
	nodes []node
	open  int // how often it is inside itself
}

// define is #define.
type define struct {
	pos   int32
	slot  int32
	nodes []node
}

// render makes a new block each time, so that how often it is inside itself is its own count.
func (d *define) render(r *run) error {
	if err := r.step(); err != nil {
		return r.at(d.pos, err)
	}
	if err := r.hold(listItemBytes); err != nil {
		return r.at(d.pos, err)
	}
	r.assign(d.slot, &block{nodes: d.nodes})
	return nil
}

// open renders a block, unless it is inside itself too often.
func (r *run) open(b *block) (opened bool, err error) {
	if b.open >= maxDefineDepth {
		return false, nil
	}
	if err := r.enter(); err != nil {
		return false, err
	}
	b.open++
	err = r.all(b.nodes)
	b.open--
	r.leave()
	if errors.Is(err, errBreak) && r.breaking == nil {
		err = nil
	}
	return true, err
}

// call is #name or #name(arguments).
type call struct {
	pos     int32
	macro   *macro
	args    []expr
	literal string // as it is written: what it is if no such macro is defined
	content []node // of #@name(arguments)
	hasBody bool
}

// render calls the macro if there is one. What is no macro is text, as #E0E0E0 in a style sheet.
func (c *call) render(r *run) error {
	if err := r.step(); err != nil {
		return r.at(c.pos, err)
	}
	if !c.macro.defined {
		return r.at(c.pos, r.write(c.literal))
	}
	if r.macros >= maxMacroDepth {
		return r.at(c.pos, limitError("#"+c.macro.name+" is called inside macros more often than allowed"))
	}
	if err := r.hold(frameBytes + paramBytes*len(c.macro.params)); err != nil {
		return r.at(c.pos, err)
	}
	f := &frame{parent: r.frame, macro: c.macro, args: c.args}
	if len(c.macro.params) > 0 {
		f.local = make([]any, len(c.macro.params))
	}
	if c.hasBody {
		f.content = &block{nodes: c.content}
	}
	r.frame = f
	r.macros++
	err := r.all(c.macro.body)
	r.macros--
	r.frame = f.parent
	if errors.Is(err, errBreak) && r.breaking == nil {
		err = nil
	}
	return r.at(c.pos, err)
}
