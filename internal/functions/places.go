package functions

import "slices"

// OnRelease has somebody told of each folder of code or of a layer in which no process runs any more, and none will be started as the functions now
// are. It is called before the first [Host.Set].
func (h *Host) OnRelease(freed func(dir string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.freed = freed
}

// Holds says whether processes run in a folder of code, or would be started there.
func (h *Host) Holds(dir string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held[dir] > 0
}

// release notes that a pool has been replaced and has no process any more.
func (h *Host) release(p *pool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letGo(p)
}

// letGo is release for who has locked the host.
func (h *Host) letGo(p *pool) {
	for _, dir := range p.fn.places() {
		if h.held[dir]--; h.held[dir] > 0 {
			continue
		}
		delete(h.held, dir)
		if freed := h.freed; freed != nil && !h.closed {
			h.work.Go(func() { freed(dir) })
		}
	}
}

// hold notes that there is a pool of a function. The host is locked.
func (h *Host) hold(fn *Function) {
	for _, dir := range fn.places() {
		h.held[dir]++
	}
}

// places are the folders that a function runs in.
func (f *Function) places() []string { return append([]string{f.Dir}, f.Layers...) }

// claim takes a place for a process, if the host may have another one.
func (h *Host) claim() bool {
	for {
		n := h.processes.Load()
		if n >= int64(h.cfg.Processes) {
			return false
		}
		if h.processes.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// pass gives a place that has become free to a function that waits for one.
func (h *Host) pass() {
	for _, p := range h.all() {
		if p.grant() {
			return
		}
	}
}

// starved says whether the host has as many processes as it may, and a function waits for another one.
func (h *Host) starved() bool {
	return h.processes.Load() >= int64(h.cfg.Processes) && slices.ContainsFunc(h.all(), (*pool).starved)
}

// yield ends a process that has nothing to do, for another function to have its place: there is one by itself if meanwhile one has
// ended.
func (h *Host) yield() {
	for _, p := range h.all() {
		if p.yield() {
			return
		}
	}
	h.pass()
}
