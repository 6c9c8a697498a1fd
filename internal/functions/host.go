package functions

import (
	"context"
	_ "embed" // the runtimes
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// A Host runs functions. Make one with New.
type Host struct {
	cfg    Config
	routes *http.ServeMux
	starts launcher
	over   func() context.Context // done when the host closes
	close  context.CancelFunc
	work   sync.WaitGroup // processes, asynchronous invocations, the watch
	logs   sync.Mutex     // held while Config.Log is called
	warned sync.Map       // notices that are given once
	// checking has room for as many as look at code at a time.
	checking  chan struct{}
	processes atomic.Int64 // of all pools, with places for those that are being started

	mu      sync.Mutex // guards what follows; may be held when a pool's is taken, never the other way
	pools   map[string]*pool
	wrong   map[string]string // what is wrong with the code of functions, as far as it was said
	since   time.Time
	folder  string // of the runtimes and of inline sources, "" until needed
	closed  bool
	watched bool
	queued  backlog
	queues  map[string]*backlog // of it, by function
	held    map[string]int      // by folders of code: pools that start processes there, or have some
	freed   func(dir string)
}

// New makes a host without functions.
func New(cfg Config) *Host {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Host{
		cfg: cfg.complete(), pools: map[string]*pool{}, wrong: map[string]string{}, queues: map[string]*backlog{}, held: map[string]int{}, since: time.Now(), checking: make(chan struct{}, checks),
		over: func() context.Context { return ctx }, close: cancel,
	}
	h.routes = h.operations()
	return h
}

// Set replaces the functions. One that has not changed keeps its processes, a changed one gets new ones for the next
// invocation, a removed one ends when what it does is done. If anything is wrong with the set, all of it is said and nothing
// changes.
func (h *Host) Set(functions []Function) error {
	if err := check(functions); err != nil {
		return err
	}
	fresh, err := h.replace(functions)
	for _, p := range fresh {
		if p.fn.kind() == unknown {
			h.notice(p.fn.Name, "", unhosted(p.fn.Runtime))
		}
		h.examine(p)
	}
	return err
}

// replace is Set for functions that are right. It returns the pools that were not there before.
func (h *Host) replace(functions []Function) (fresh []*pool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	pools := map[string]*pool{}
	for i := range functions {
		fn := functions[i].complete()
		p := h.pools[fn.Name]
		if p == nil || !reflect.DeepEqual(p.fn, fn) {
			p = newPool(h, fn)
			h.hold(&fn)
			fresh = append(fresh, p)
		}
		pools[fn.Name] = p
	}
	for name, old := range h.pools {
		if pools[name] != old && old.retire() {
			h.letGo(old)
		}
	}
	h.pools = pools
	maps.DeleteFunc(h.wrong, func(name, _ string) bool { return pools[name] == nil })
	return fresh, nil
}

// errClosed is of a host that is no more.
var errClosed = &fault{http.StatusServiceUnavailable, "ServiceException", "the functions have been stopped", ""}

// pool is the processes of a function; nil if there is none of this name.
func (h *Host) pool(name string) *pool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pools[name]
}

// reload replaces the processes of a function whose code has changed.
func (h *Host) reload(old *pool) {
	h.mu.Lock()
	if h.pools[old.fn.Name] != old {
		h.mu.Unlock()
		return
	}
	next := newPool(h, old.fn)
	h.pools[old.fn.Name] = next
	h.hold(&next.fn)
	h.mu.Unlock()
	if old.retire() {
		h.release(old)
	}
	if old.ran() {
		h.notice(old.fn.Name, "", "the code has changed: reloaded")
	}
	h.examine(next)
}

// begin counts something that Close must wait for. It fails once the host is closed.
func (h *Host) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.work.Add(1)
	return true
}

// Close ends all processes with what they started, as far as the package comment says, and forgets queued invocations. It returns early, with an error,
// only if ctx ends first.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	pools, folder := h.pools, h.folder
	h.pools = map[string]*pool{}
	h.mu.Unlock()
	h.close()
	for _, p := range pools {
		p.retire()
	}
	done := make(chan struct{})
	go func() {
		h.work.Wait()
		h.starts.stop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return fmt.Errorf("functions: close: %w", ctx.Err())
	}
	if folder == "" {
		return nil
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("functions: close: %w", err)
	}
	return nil
}

//go:embed bootstrap/node.cjs
var nodeRuntime []byte

//go:embed bootstrap/python.py
var pythonRuntime []byte

// files is the folder with the runtimes, written when it is first needed.
func (h *Host) files() (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.folder != "" || h.closed {
		return h.folder, nil
	}
	folder, err := os.MkdirTemp("", folderName)
	if err != nil {
		return "", err
	}
	for name, text := range map[string][]byte{
		"node.cjs": nodeRuntime, "python.py": pythonRuntime, "check.cjs": nodeCheck, "check.py": pythonCheck,
		ownerFile: []byte(ownName()),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return "", err
		}
	}
	h.folder = folder
	return folder, nil
}
