package functions

import (
	"context"
	_ "embed" // what looks at code
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

//go:embed bootstrap/check.cjs
var nodeCheck []byte

//go:embed bootstrap/check.py
var pythonCheck []byte

const (
	checks    = 2                // as many functions are examined at once
	checkTime = 20 * time.Second // for one, building apart
)

// examine looks at the code of a pool while nobody invokes it, if that is wanted, and from then on when it changes.
func (h *Host) examine(p *pool) {
	if !h.cfg.Check || !h.begin() {
		return
	}
	h.watch(p)
	go func() {
		defer h.work.Done()
		select {
		case h.checking <- struct{}{}:
		case <-h.over().Done():
			return
		}
		defer func() { <-h.checking }()
		found, err := p.mistakes(h.over())
		if err != nil && h.over().Err() == nil {
			found = "it could not be looked at: " + err.Error()
		}
		h.judge(p, found)
	}()
}

// judge says what has been found in the code of a pool, or that what was found before is no more. Several functions may have the
// same file: what has been said of one is not said of the others.
func (h *Host) judge(p *pool, found string) {
	h.mu.Lock()
	name := p.fn.Name
	if h.pools[name] != p || h.closed {
		h.mu.Unlock()
		return
	}
	before := h.wrong[name]
	delete(h.wrong, name)
	said, still := false, false
	for _, other := range h.wrong {
		said, still = said || other == found, still || other == before
	}
	if found != "" {
		h.wrong[name] = found
	}
	h.mu.Unlock()
	switch {
	case found == "" && before != "" && !still:
		h.say(name, nil, Notice, "the code is right again")
	case found != "" && found != before && !said:
		h.complain(name, "the code is wrong as it is now:")
		for line := range strings.Lines(found) {
			h.complain(name, strings.TrimRight(line, "\r\n"))
		}
	}
}

// complain is say for what is wrong.
func (h *Host) complain(function, text string) {
	h.line(nil, &Line{Function: function, Text: text, Kind: Notice, Stderr: true})
}

// mistakes is what is wrong with the code, as far as that can be seen without running it; empty: nothing.
func (p *pool) mistakes(ctx context.Context) (string, error) {
	root, err := p.root()
	if gone, ok := errors.AsType[*unready](err); ok {
		return gone.message, nil
	}
	if err != nil {
		return "", err
	}
	switch kind := p.fn.kind(); {
	case kind == node || kind == python:
		return p.parsed(ctx, root)
	case kind == custom && hasGo(root):
		return p.compiled(ctx, root)
	}
	return "", nil
}

// compiled has Go source built, which the first invocation then need not do.
func (p *pool) compiled(ctx context.Context, root string) (string, error) {
	_, err := p.custom(ctx, &command{root: root})
	wrong, ok := errors.AsType[*unready](err)
	if !ok {
		return "", err
	}
	if len(wrong.trace) == 0 {
		return wrong.message, nil
	}
	lines := make([]string, len(wrong.trace))
	for i, line := range wrong.trace {
		if lines[i] = line; strings.HasPrefix(line, "./") {
			lines[i] = filepath.Join(root, line)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// parsed has the interpreter parse the handler's file, and what it names.
func (p *pool) parsed(ctx context.Context, root string) (string, error) {
	files, err := p.host.files()
	if err != nil {
		return "", err
	}
	tool, arguments, err := p.parser(files, root)
	if missing, ok := errors.AsType[*unready](err); ok {
		return missing.message, nil
	}
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(ctx, checkTime)
	defer stop()
	cmd := exec.CommandContext(ctx, tool, arguments...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = root, checkEnvironment(), time.Second
	said, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(string(failed.Stderr)))
	}
	return string(said), err
}

// parser is the program that parses, and its arguments.
func (p *pool) parser(files, root string) (tool string, arguments []string, err error) {
	if p.fn.kind() == node {
		folder, file := path.Split(p.fn.Handler)
		module, _, _ := strings.Cut(file, ".")
		tool, err = p.find("Node.js", "node")
		return tool, []string{
			"--experimental-vm-modules", "--no-warnings", filepath.Join(files, "check.cjs"), filepath.Join(root, filepath.FromSlash(folder), module),
		}, err
	}
	module := p.fn.Handler[:strings.LastIndexByte(p.fn.Handler, '.')]
	tool, err = p.find("Python 3", "python3", "python")
	return tool, []string{"-I", "-S", "-B", filepath.Join(files, "check.py"), root, module, strings.Join(p.fn.Layers, ",")}, err
}

// checkEnvironment is what interpreters need to find themselves.
func checkEnvironment() []string {
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok && name != "NODE_OPTIONS" {
			env = append(env, name+"="+value)
		}
	}
	return env
}
