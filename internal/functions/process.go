package functions

import (
	"context"
	"net"
	"os"
	"sync"
	"time"
)

// Where a process stands. The names are those its Runtime API tells of.
type phase string

const (
	starting  phase = "Started"
	failed    phase = "InitError"
	ready     phase = "Ready"
	running   phase = "Running"
	responded phase = "ResponseSent"
	ended     phase = "Exited"
)

// initLimit is how long a process may take before it first asks for work; Lambda gives 10 s ("Lambda execution environment
// lifecycle"), and locally a function with more time has more of it here, too.
const initLimit = 10 * time.Second

// A process runs a function, one invocation at a time.
type process struct {
	pool     *pool
	stream   string // name of its log stream
	child    *os.Process
	listener net.Listener
	served   string // address of the Runtime API
	output   *output
	origin   time.Time // when it was started

	mu        sync.Mutex // guards what follows
	phase     phase
	exchanges map[*exchange]bool
	asking    bool          // a request for work is open
	asker     *exchange     // which has it, if an event may be written there
	taking    bool          // a body is being read
	working   bool          // it is counted among those at work
	pending   *invocation   // waits until the process asks
	finishing bool          // the pool counts on it
	current   *invocation   // what it has, from give until it asks for more
	began     bool          // it has asked for work
	warmup    time.Duration // from its start until it first asked for work, to be reported once
	timer     *time.Timer
	due       time.Time
	killed    bool
	cause     *outcome // why it was killed, or what it reported before it ended
	status    string   // of the last invocation, for its REPORT
	most      int      // memory in MB, when it was weighed
	weighed   time.Time
}

// start makes a process for an invocation. The caller has a place in the pool for it.
func (p *pool) start(ctx context.Context, inv *invocation) error {
	h := p.host
	if !h.begin() {
		return errClosed
	}
	h.watch(p)
	p.code.mu.Lock()
	p.code.started = true
	p.code.mu.Unlock()
	proc := &process{
		pool: p, stream: time.Now().UTC().Format("2006/01/02/[") + latest + "]" + randomHex(16), phase: starting,
		current: inv, pending: inv, exchanges: map[*exchange]bool{},
	}
	proc.work(true)
	err := proc.run(ctx)
	if err != nil {
		proc.work(false)
		h.work.Done()
	}
	return err
}

// run starts the operating system's process and all that listens to it.
func (p *process) run(ctx context.Context) error {
	cmd, err := p.pool.command(ctx)
	if err != nil {
		return err
	}
	var network net.ListenConfig
	listener, err := network.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.output, err = newOutput(p)
	if err != nil {
		_ = listener.Close() // never used
		return err
	}
	p.origin = time.Now()
	p.served = listener.Addr().String()
	cmd.env = p.environment(cmd, p.served)
	p.child, err = p.pool.host.starts.start(cmd, p.output)
	if err != nil {
		_ = listener.Close() // never used
		p.output.close()
		return err
	}
	p.mu.Lock()
	p.arm(max(initLimit, p.pool.fn.Timeout))
	p.mu.Unlock()
	p.listener = listener
	go p.accept(listener) // ends with the process
	alive, end := p.pool.host.outlive(ctx)
	context.AfterFunc(alive, func() { p.kill(nil) })
	go func() {
		defer end()
		p.wait()
	}()
	return nil
}

// work notes that the process is at work, or not any more. It is locked, or nobody has it yet.
func (p *process) work(does bool) {
	switch {
	case p.working == does || p.pool.host.cfg.Poll < 0:
	case does:
		p.pool.code.begin()
	default:
		p.pool.code.end()
	}
	p.working = does
}

// give hands an invocation to an idle process. It fails if the process has ended.
func (p *process) give(inv *invocation) bool {
	p.mu.Lock()
	if p.phase == ended {
		p.mu.Unlock()
		return false
	}
	p.current = inv
	p.work(true)
	inv.given = time.Now()
	e := p.asker
	if p.asker = nil; e == nil {
		p.pending = inv
		p.arm(p.pool.fn.Timeout) // it may never ask for it
	}
	p.mu.Unlock()
	if e != nil {
		p.deliver(e, inv)
	}
	return true
}

// kill ends the process with everything in its group, with a cause if there is one to tell.
func (p *process) kill(cause *outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == ended {
		return
	}
	p.killed = true
	if p.cause == nil {
		p.cause = cause
	}
	killGroup(p.child)
}

// arm sets the time at which the process will have waited or worked for too long. The process is locked.
func (p *process) arm(after time.Duration) {
	p.due = time.Now().Add(after)
	if p.timer == nil {
		p.timer = time.AfterFunc(after, p.expire)
		return
	}
	p.timer.Reset(after)
}

// expire is called when a time has come, be it one that has been replaced meanwhile.
func (p *process) expire() {
	p.mu.Lock()
	inv, phase := p.current, p.phase
	early := time.Until(p.due) > 0
	p.mu.Unlock()
	switch {
	case early || phase == ended:
	case phase == failed:
		p.kill(nil)
	case phase == ready && inv == nil:
		if p.pool.drop(p) { // else it is about to be given something, which sets another time
			p.kill(nil)
		}
	case inv != nil:
		p.timeout(inv)
	default:
		p.kill(nil)
	}
}

// timeout ends a process because of the invocation it has.
func (p *process) timeout(inv *invocation) {
	text := "Task timed out after " + seconds(p.pool.fn.Timeout)
	p.mu.Lock()
	p.status = "timeout"
	if p.phase == starting {
		text = "the function did not ask for work within " + seconds(max(initLimit, p.pool.fn.Timeout)) + " of its start: " + text
	}
	p.mu.Unlock()
	p.kill(inv.failed("Sandbox.Timedout", text))
	p.pool.host.say(p.pool.fn.Name, inv, Platform, time.Now().UTC().Format("2006-01-02T15:04:05.000Z")+" "+inv.id+" "+text)
}

// wait is with the process to its end, and does what is left to do.
func (p *process) wait() {
	state, err := p.child.Wait()
	killGroup(p.child) // what it has started and left behind
	p.mu.Lock()
	p.phase = ended
	p.work(false)
	p.timer.Stop()
	inv, cause, finishing, killed := p.current, p.cause, p.finishing, p.killed
	free := inv == nil || inv.settled
	idle := p.began && inv != nil && inv.begun.IsZero()
	p.mu.Unlock()
	p.output.drain()
	var out *outcome
	switch {
	case inv == nil:
	case idle && cause == nil && p.pool.host.over().Err() == nil: // not by this invocation's fault
		out = &outcome{untook: true}
	default:
		out = p.epitaph(inv, cause, state, err)
		p.conclude(inv, state)
	}
	p.output.close()
	p.pool.host.omitted(p.pool.fn.Name, nil, p.pool.said.rest())
	p.hangUp()
	p.pool.gone(p, finishing)
	if inv != nil {
		p.settle(inv, out)
	}
	if free && !killed {
		p.pool.host.say(p.pool.fn.Name, nil, Notice, "a process that had nothing to do has ended: "+state.String())
	}
	killStrays(p.stream)
	p.pool.host.work.Done()
}

// epitaph says what the end of a process is for the invocation it had.
func (p *process) epitaph(inv *invocation, cause *outcome, state *os.ProcessState, err error) *outcome {
	switch {
	case cause != nil:
		return cause
	case p.pool.host.over().Err() != nil:
		return inv.failed("Runtime.ExitError", "the functions have been stopped")
	case err != nil:
		return inv.failed("Runtime.ExitError", err.Error())
	case state.Success():
		return p.died(inv, "Runtime exited without providing a reason")
	}
	return p.died(inv, "Runtime exited with error: "+state.String())
}

func (p *process) died(inv *invocation, text string) *outcome {
	p.mu.Lock()
	p.status = "error\tError Type: Runtime.ExitError"
	p.mu.Unlock()
	p.pool.host.say(p.pool.fn.Name, inv, Platform, "RequestId: "+inv.id+" Error: "+text)
	return inv.failed("Runtime.ExitError", text)
}

// settle answers an invocation, once.
func (p *process) settle(inv *invocation, out *outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if inv.settled {
		return
	}
	inv.settled = !out.untook
	inv.answer <- out
}

// refused is the outcome of an invocation for which no process could be started.
func (p *pool) refused(inv *invocation, err error) *outcome {
	p.gone(nil, false)
	out, lines := unstartable(inv, err)
	for _, line := range lines {
		p.host.say(p.fn.Name, inv, Notice, line)
	}
	return out
}
