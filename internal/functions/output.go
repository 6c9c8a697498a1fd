package functions

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An output is what a process writes. What has been written before a moment is known to have been read when a mark, written
// into the same pipe at that moment by us, comes out of it: so lines are never given to the wrong invocation.
type output struct {
	take    func(inv *invocation, text string, stderr bool)
	request atomic.Pointer[invocation] // for which lines are written
	cause   atomic.Pointer[invocation] // for which the process was started, until it begins
	mark    []byte                     // with a newline at its end
	pipes   [2]*pipe                   // stdout and stderr
	readers sync.WaitGroup
	drains  sync.Mutex // one at a time
}

type pipe struct {
	in, out *os.File
	marks   chan struct{} // one for each mark read; closed at the end
}

// maxLine bounds a line; a longer one is cut into several. An event of CloudWatch Logs has 1 MB at most, which nobody reads.
const maxLine = 64 << 10

func newOutput(p *process) (*output, error) {
	name, host, said := p.pool.fn.Name, p.pool.host, &p.pool.said
	o := &output{mark: []byte("\x00mark " + randomHex(8) + "\n")}
	o.cause.Store(p.current)
	o.take = func(inv *invocation, text string, stderr bool) {
		line := &Line{Function: name, Text: text, Stderr: stderr}
		if cause := o.cause.Load(); cause != nil {
			line.Trace = cause.trace
		}
		if host.cfg.Log != nil {
			passes, lost := said.pass(len(text))
			host.omitted(name, inv, lost)
			if !passes {
				inv.keep(line)
				return
			}
		}
		host.line(inv, line)
	}
	for i := range o.pipes {
		out, in, err := os.Pipe()
		if err != nil {
			o.close()
			return nil, err
		}
		o.pipes[i] = &pipe{in: in, out: out, marks: make(chan struct{}, 1)}
	}
	for i, p := range o.pipes {
		o.readers.Go(func() { o.read(p, i == 1) })
	}
	return o, nil
}

// drain returns when everything that has been written until now has been reported.
func (o *output) drain() {
	o.drains.Lock()
	defer o.drains.Unlock()
	var written [2]bool
	for i, p := range o.pipes {
		_, err := p.in.Write(o.mark)
		written[i] = err == nil
	}
	for i, p := range o.pipes {
		if written[i] {
			<-p.marks
		}
	}
}

// close ends the reading, even if a process that left the group still holds a pipe.
func (o *output) close() {
	for _, p := range o.pipes {
		if p != nil {
			_ = p.in.Close()  // nothing of ours is buffered in it
			_ = p.out.Close() // ends the read
		}
	}
	o.readers.Wait()
}

func (o *output) read(p *pipe, stderr bool) {
	defer close(p.marks)
	var held []byte
	buffer := make([]byte, 8<<10)
	for {
		n, err := p.out.Read(buffer)
		held = o.lines(append(held, buffer[:n]...), p, stderr)
		if err == nil {
			continue
		}
		if len(held) > 0 {
			o.emit(held, stderr)
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
			o.emit([]byte(err.Error()), true)
		}
		return
	}
}

// lines reports the complete lines of what has been read, and returns the rest.
func (o *output) lines(held []byte, p *pipe, stderr bool) []byte {
	rest := held
	for {
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end < 0 && len(rest) < maxLine+len(o.mark):
			return append(held[:0], rest...)
		case end < 0 || end > maxLine+len(o.mark):
			o.emit(rest[:maxLine], stderr)
			rest = rest[maxLine:]
			continue
		}
		line, marked := bytes.CutSuffix(rest[:end+1], o.mark)
		rest = rest[end+1:]
		if !marked || len(line) > 0 {
			o.emit(line, stderr)
		}
		if marked {
			p.marks <- struct{}{}
		}
	}
}

func (o *output) emit(line []byte, stderr bool) {
	o.take(o.request.Load(), strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), "\ufffd"), stderr)
}

// keep gives a line of an invocation, if there is one, to who has asked for the end of its log.
func (inv *invocation) keep(line *Line) {
	if inv != nil && inv.tail != nil {
		inv.tail.add(line.Text)
	}
}

// line reports a line of an invocation, if there is one.
func (h *Host) line(inv *invocation, line *Line) {
	if inv != nil {
		line.RequestID, line.Trace = inv.id, inv.trace
		inv.keep(line)
	}
	if h.cfg.Log == nil {
		return
	}
	line.Time = time.Now()
	h.logs.Lock()
	defer h.logs.Unlock()
	h.cfg.Log(*line)
}

// say reports something that did not come out of the function.
func (h *Host) say(function string, inv *invocation, kind Kind, text string) {
	h.line(inv, &Line{Function: function, Text: text, Kind: kind})
}

// notice is say, and only once for each key that is not empty.
func (h *Host) notice(function, key, text string) {
	if key != "" {
		if _, said := h.warned.LoadOrStore(key, true); said {
			return
		}
	}
	h.say(function, nil, Notice, text)
}
