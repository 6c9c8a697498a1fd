package dial

import "runtime"

// AwaitNoise waits until a server has ended one of the connections that are kept, or said something on it.
func (t *Transport) AwaitNoise() {
	for !t.noisy() {
		runtime.Gosched()
	}
}

func (t *Transport) noisy() bool {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	for _, s := range t.pool.idle {
		for _, c := range s.conns {
			if !c.quiet() {
				return true
			}
		}
	}
	return false
}

// Idle is how many connections are kept.
func (t *Transport) Idle() int {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	return t.pool.count
}

// Tick is what it may take until a call is found to be canceled.
const Tick = tick

// ParseHead reads the head of a response and returns its status.
func ParseHead(text []byte) (int, error) {
	var h head
	err := h.parse(string(text))
	return h.status, err
}
