package functions

import (
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A source is the code of a pool: what of it has been seen.
type source struct {
	making sync.Mutex // held while the next two are made
	built  string     // executable of Go source
	inline string     // folder of an inline source

	mu      sync.Mutex // guards what follows
	seen    sight
	looked  bool
	started bool      // a process was
	at      int       // processes that are at work
	work    [2]window // the last ones in which some were: until the latest look, and since
}

// maxFiles bounds how much is looked at: a folder with more is watched in part.
const maxFiles = 5000

// watch begins to look after the code of a pool, before its first process reads it.
func (h *Host) watch(p *pool) {
	if h.cfg.Poll < 0 || p.fn.Dir == "" {
		return
	}
	whole := true
	p.code.mu.Lock()
	if !p.code.looked {
		p.code.looked = true
		p.code.seen, _, whole = p.fn.look()
	}
	p.code.mu.Unlock()
	if !whole {
		h.notice(p.fn.Name, "files "+p.fn.Name, fmt.Sprintf(
			"there are more than %d files with the code: changes in the others are not seen", maxFiles))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watched || h.closed {
		return
	}
	h.watched = true
	h.work.Go(h.poll)
}

// poll looks for changes until the host closes, and takes no more than a twentieth of a core for it.
func (h *Host) poll() {
	timer := time.NewTimer(h.cfg.Poll)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-h.over().Done():
			return
		}
		begun := time.Now()
		for _, p := range h.all() {
			if p.changed() {
				h.reload(p)
			}
		}
		timer.Reset(max(h.cfg.Poll, 20*time.Since(begun)))
	}
}

// ran says whether a process has been started.
func (p *pool) ran() bool {
	p.code.mu.Lock()
	defer p.code.mu.Unlock()
	return p.code.started
}

// changed says whether the code is another than when it was first looked at. If nobody has, there is nothing to know. What the function itself
// has written is not its code: if that were taken for a change, it would have new processes as often as it is invoked.
func (p *pool) changed() bool {
	p.code.mu.Lock()
	looked := p.code.looked
	p.code.mu.Unlock()
	if !looked {
		return false
	}
	begun := time.Now()
	now, paths, _ := p.fn.look()
	changed, own := p.code.compare(now, paths, begun)
	if own != "" {
		p.host.notice(p.fn.Name, "own "+p.fn.Name, "has written "+own+", beside its code: that is no reason for a reload; on Lambda only /tmp can be written")
	}
	return changed
}

// compare says whether there is another state of the code, and if not, of what the function has written the path of a file.
func (s *source) compare(now sight, paths map[uint64]string, begun time.Time) (changed bool, own string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, mark := range now {
		before, known := s.seen[key]
		mark.own = known && before.own
		if !known || before.sum != mark.sum {
			if mark.own = !isCode(paths[key]) && s.worked(mark.modified); !mark.own {
				return true, ""
			}
			own = paths[key]
		}
		now[key] = mark
	}
	for key, mark := range s.seen {
		if _, still := now[key]; !still && !mark.own {
			return true, ""
		}
	}
	s.seen = now
	s.work[0], s.work[1] = s.work[1], window{}
	if s.at > 0 {
		s.work[1].from = begun
	}
	return false, own
}

// A window is a time in which processes were at work.
type window struct{ from, to time.Time }

// granule is by how much the time of a file may be early: Linux takes it from a clock that stands still for 10 ms, and on a busy virtual machine
// for longer.
const granule = 250 * time.Millisecond

// worked says whether processes were at work at a time. The source is locked.
func (s *source) worked(then time.Time) bool {
	for i, w := range s.work {
		running := i == 1 && s.at > 0
		if !w.from.IsZero() && then.After(w.from.Add(-granule)) && (running || !then.After(w.to)) {
			return true
		}
	}
	return false
}

// begin notes that a process is at work.
func (s *source) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at++; s.work[1].from.IsZero() {
		s.work[1].from = time.Now()
	}
}

// end notes that it is not any more.
func (s *source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at--
	s.work[1].to = time.Now()
}

// A sight is files as they were seen, by a sum of their paths.
type sight map[uint64]mark

// A mark is what a file is known by.
type mark struct {
	sum      uint64 // of its time and size
	modified time.Time
	own      bool // the function has written it
}

// look looks at the function's files, and says whether it has seen all of them.
func (f *Function) look() (seen sight, paths map[uint64]string, whole bool) {
	seen, paths, whole = sight{}, map[uint64]string{}, true
	for _, root := range f.folders() {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error { // the function never fails
			switch {
			case entry == nil: // what cannot be read is not code that runs
			case entry.IsDir() && path != root && skipped(entry.Name()):
				return fs.SkipDir
			case len(seen) == maxFiles:
				whole = false
				return fs.SkipAll
			case err == nil && !entry.IsDir() && !ignored(entry.Name()):
				seen.add(path, entry, paths)
			}
			return nil
		})
	}
	return seen, paths, whole
}

// folders are those with code. Go source can be anywhere in its module.
func (f *Function) folders() []string {
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		dir = f.Dir
	}
	if f.kind() == custom && hasGo(dir) {
		dir = module(dir)
	}
	folders := append([]string{dir}, f.Layers...)
	for i, folder := range folders {
		if target, err := filepath.EvalSymlinks(folder); err == nil { // a walk does not follow the link it begins at
			folders[i] = target
		}
	}
	return folders
}

// add takes up a file. One that has gone meanwhile is none.
func (s sight) add(path string, entry fs.DirEntry, paths map[uint64]string) {
	info, err := entry.Info()
	if err != nil {
		return
	}
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, path) // a hash never fails
	key := sum.Sum64()
	_, _ = fmt.Fprintf(sum, "\x00%d\x00%d", info.ModTime().UnixNano(), info.Size())
	s[key], paths[key] = mark{sum: sum.Sum64(), modified: info.ModTime()}, path
}

// isCode says of a file that it is edited, not written by a function: its edit is one also while the function runs.
func isCode(path string) bool {
	name := filepath.Base(path)
	switch filepath.Ext(name) {
	case ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".py", ".go", ".sh", ".so", ".node", ".env":
		return true
	}
	return filepath.Ext(name) == "" || name == "package.json" || name == "go.mod"
}

// skipped are folders that change without being anybody's edit, or are too large to be looked at: hidden ones, among them
// those of tools, of version control and of this host itself, and what is installed or generated.
func skipped(name string) bool {
	switch name {
	case "node_modules", "__pycache__", "venv", "cdk.out":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// ignored are files that may lie beside the code and are none: logs, and templates, whose changes come by Set.
func ignored(name string) bool {
	switch name {
	case "template.yaml", "template.yml", "template.json", "serverless.yml", "serverless.yaml":
		return true
	}
	return strings.HasSuffix(name, ".log")
}
