package journal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"time"
)

// files writes a file for each group. Nothing it opens or renames is outside of its folder, whatever links are in there.
type files struct {
	root  *os.Root
	size  int64
	count int
	open  map[string]*file
	buf   []byte
}

// file is a file that is being written.
type file struct {
	*os.File
	size int64
}

// maxOpen is how many files are open at a time.
const maxOpen = 128

func newFiles(cfg Config) (*files, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &files{
		root: root, size: cmp.Or(cfg.FileSize, 64<<20), count: cmp.Or(cfg.FileCount, 5), open: map[string]*file{},
	}, nil
}

// write implements sink.
func (f *files) write(_ context.Context, g *group, blocks []block) (int, error) {
	name := g.path()
	if _, err := f.file(name); err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	written, waiting := 0, 0
	f.buf = f.buf[:0]
	for _, b := range blocks {
		for line := range bytes.Lines(b.text) {
			line = f.stamped(g, b.at, line)
			full := f.full(name, len(f.buf)+len(line))
			if full && waiting > 0 {
				if err := f.flush(name); err != nil {
					return written, err
				}
				written, waiting = written+waiting, 0
			}
			if full {
				if err := f.rotate(name); err != nil {
					return written, err
				}
			}
			f.buf = append(f.buf, line...)
			waiting++
		}
	}
	if err := f.flush(name); err != nil {
		return written, err
	}
	return written + waiting, nil
}

// stamped is a line with the time in front, as CloudWatch Logs has it beside each line; access logs have their own.
func (f *files) stamped(g *group, at time.Time, line []byte) []byte {
	if g.kind != executionLog {
		return line
	}
	const layout = "2006-01-02T15:04:05.000Z "
	return append(at.UTC().AppendFormat(make([]byte, 0, len(layout)+len(line)), layout), line...)
}

// full says whether a file has no room for some more bytes. An empty file has.
func (f *files) full(name string, more int) bool {
	size := int64(0)
	if opened, err := f.file(name); err == nil {
		size = opened.size
	}
	held := size + int64(len(f.buf))
	return held > 0 && size+int64(more) > f.size
}

// file is the open file of a name.
func (f *files) file(name string) (*file, error) {
	if opened := f.open[name]; opened != nil {
		return opened, nil
	}
	if len(f.open) >= maxOpen {
		for other, opened := range f.open { // any
			_ = opened.Close()
			delete(f.open, other)
			break
		}
	}
	if err := f.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	opened, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", name)
	}
	if err != nil {
		_ = opened.Close()
		return nil, err
	}
	f.open[name] = &file{opened, info.Size()}
	return f.open[name], nil
}

// flush writes what is in the buffer. If not all of it can be written, nothing of it stays: no line is there in part.
func (f *files) flush(name string) error {
	buf := f.buf
	f.buf = f.buf[:0]
	if len(buf) == 0 {
		return nil
	}
	opened, err := f.file(name)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	n, err := opened.Write(buf)
	if err == nil {
		opened.size += int64(n)
		return nil
	}
	delete(f.open, name)
	return fmt.Errorf("journal: %w", errors.Join(err, opened.Truncate(opened.size), opened.Close()))
}

// rotate moves a file out of the way, and older ones with it; the oldest goes.
func (f *files) rotate(name string) error {
	if opened := f.open[name]; opened != nil {
		delete(f.open, name)
		if err := opened.Close(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	for i := f.count; i > 0; i-- {
		from := name
		if i > 1 {
			from += "." + strconv.Itoa(i-1)
		}
		if err := f.root.Rename(from, name+"."+strconv.Itoa(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// close implements sink.
func (f *files) close() error {
	all := []error{}
	for _, opened := range f.open {
		all = append(all, opened.Close())
	}
	return errors.Join(append(all, f.root.Close())...)
}
