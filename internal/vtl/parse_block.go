package vtl

// This file has the directives with a body: each reads it behind its arguments.

// body reads statements up to an #end.
func (p *parser) body(at int, name string) []node {
	nodes, end, _ := p.block()
	p.ended(end, at, name)
	return nodes
}

// foreach reads a loop. Velocity 1.7 takes any word for "in", which helps nobody.
func (p *parser) foreach(args []expr, at int) node {
	f := &foreach{pos: p.at(at)}
	if len(args) != 3 {
		p.fail(at, "#foreach is written #foreach($item in $list)")
		return f
	}
	item, isReference := args[0].(*reference)
	in, isWord := args[1].(bareWord)
	if _, bare := args[2].(bareWord); !isReference || !isWord || in.word != "in" || bare {
		p.fail(at, "#foreach is written #foreach($item in $list)")
		return f
	}
	f.slot, f.over = item.slot, args[2]
	f.body = p.body(at, "#foreach")
	return f
}

// define reads a block that a variable shall stand for.
func (p *parser) define(args []expr, at int) node {
	d := &define{pos: p.at(at)}
	if len(args) != 1 {
		p.fail(at, "#define is written #define($name)")
		return d
	}
	ref, ok := args[0].(*reference)
	if !ok {
		p.fail(at, "#define is written #define($name)")
		return d
	}
	d.slot = ref.slot
	d.nodes = p.body(at, "#define")
	return d
}

// defineMacro reads a macro. It is defined wherever it stands, before the template is rendered.
func (p *parser) defineMacro(args []expr, at int) {
	if len(args) == 0 {
		p.fail(at, "#macro needs a name")
		return
	}
	name, ok := args[0].(bareWord)
	if !ok {
		p.fail(at, "the name of a #macro is a word without quotes")
		return
	}
	var params []int32
	for _, arg := range args[1:] {
		ref, ok := arg.(*reference)
		if !ok {
			p.fail(at, "the parameters of a #macro are references")
			return
		}
		params = append(params, ref.slot)
	}
	body := p.body(at, "#macro")
	m := p.macro(name.word)
	*m = macro{name: name.word, params: params, body: body, content: p.slot("bodyContent"), defined: true}
	m.index()
}

// literal reads a block that renders as it is written.
func (p *parser) literal(w *writer, at int) {
	start := p.pos
	_, end, last := p.block()
	p.ended(end, at, "#literal")
	if p.failure == nil {
		w.text = append(w.text, p.text[start:last]...)
	}
}

// call reads the call of a macro, which may be defined further down.
func (p *parser) call(w *writer, name string, args []expr, at int) {
	c := &call{pos: p.at(at), args: args, literal: p.text[at:p.pos]}
	if name[0] == '@' {
		c.macro = p.macro(name[1:])
		c.content, c.hasBody = p.body(at, "#"+name), true
	} else {
		c.macro = p.macro(name)
	}
	for _, arg := range args {
		if _, bare := arg.(bareWord); bare {
			p.calls = append(p.calls, c)
			break
		}
	}
	w.add(c)
}
