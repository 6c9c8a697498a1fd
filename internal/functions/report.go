package functions

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f seconds", d.Seconds()) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// conclude writes the END and REPORT of an invocation, once, after everything the function has written for it. The process
// state is given once it has ended.
func (p *process) conclude(inv *invocation, state *os.ProcessState) {
	host := p.pool.host
	p.mu.Lock()
	done := inv.concluded
	inv.concluded = true
	warmup, status := p.warmup, p.status
	p.warmup = 0
	p.mu.Unlock()
	if done || !p.heard(inv) {
		return
	}
	p.output.drain()
	end := inv.responded
	if end.IsZero() {
		end = time.Now()
	}
	spent := time.Duration(0)
	if !inv.begun.IsZero() {
		spent = end.Sub(inv.begun)
	}
	name := p.pool.fn.Name
	if inv.begun.IsZero() {
		spent = end.Sub(later(p.origin, inv.given))
		host.say(name, inv, Platform, "START RequestId: "+inv.id+" Version: "+latest)
	}
	host.omitted(name, inv, p.pool.said.rest())
	host.say(name, inv, Platform, "END RequestId: "+inv.id)
	host.say(name, inv, Platform, p.report(inv.id, spent, warmup, status, p.used(state)))
	p.output.request.Store(nil)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// heard says whether anybody will see the log of an invocation.
func (p *process) heard(inv *invocation) bool {
	return p.pool.host.cfg.Log != nil || inv != nil && inv.tail != nil
}

// report is the line in which Lambda sums an invocation up: "Lambda function logs" in the developer guide.
func (p *process) report(id string, spent, warmup time.Duration, status string, used int) string {
	var b strings.Builder
	billed := int64(math.Ceil(float64(spent) / float64(time.Millisecond)))
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %s\tBilled Duration: %d ms\tMemory Size: %d MB\t",
		id, milliseconds(spent), billed, p.pool.fn.Memory)
	if used > 0 {
		fmt.Fprintf(&b, "Max Memory Used: %d MB\t", used)
	}
	if warmup > 0 {
		fmt.Fprintf(&b, "Init Duration: %s\t", milliseconds(warmup))
	}
	if status != "" {
		fmt.Fprintf(&b, "Status: %s\t", status)
	}
	return b.String()
}

// weighed is how often a process that is there is asked for its memory: for each of many short invocations it would cost more than them.
const weighed = 100 * time.Millisecond

// used is the most memory the process has had, in MB; 0 if the system does not say.
func (p *process) used(state *os.ProcessState) int {
	p.mu.Lock()
	used, recent := p.most, state == nil && time.Since(p.weighed) < weighed
	p.mu.Unlock()
	if recent {
		return used
	}
	used = peak(p.child.Pid, state)
	p.mu.Lock()
	p.most, p.weighed = used, time.Now()
	p.mu.Unlock()
	if used > p.pool.fn.Memory {
		fn := &p.pool.fn
		p.pool.host.notice(fn.Name, "memory "+fn.Name,
			fmt.Sprintf("needed %d MB of memory and is configured with %d: Lambda would have ended it", used, fn.Memory))
	}
	return used
}
