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
	seen    uint64
	looked  bool
	started bool // a process was
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
		p.code.seen, whole = p.fn.fingerprint()
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

// changed says whether the code is another than when it was first looked at. If nobody has, there is nothing to know.
func (p *pool) changed() bool {
	p.code.mu.Lock()
	seen, looked := p.code.seen, p.code.looked
	p.code.mu.Unlock()
	if !looked {
		return false
	}
	now, _ := p.fn.fingerprint()
	return seen != now
}

// fingerprint sums up names, times and sizes of the function's files, and says whether it has seen all of them.
func (f *Function) fingerprint() (found uint64, whole bool) {
	sum := fnv.New64a()
	left := maxFiles
	whole = true
	for _, root := range f.folders() {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error { // the function never fails
			switch {
			case entry == nil: // what cannot be read is not code that runs
			case entry.IsDir() && path != root && skipped(entry.Name()):
				return fs.SkipDir
			case left == 0:
				whole = false
				return fs.SkipAll
			case err == nil && !entry.IsDir() && !ignored(entry.Name()):
				left--
				stamp(sum, path, entry)
			}
			return nil
		})
	}
	return sum.Sum64(), whole
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

// stamp adds what a file is known by. One that has gone meanwhile adds nothing.
func stamp(sum io.Writer, path string, entry fs.DirEntry) {
	if info, err := entry.Info(); err == nil {
		_, _ = fmt.Fprintf(sum, "%s\x00%d\x00%d\x00", path, info.ModTime().UnixNano(), info.Size()) // a hash never fails
	}
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
