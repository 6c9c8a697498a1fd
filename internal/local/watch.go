package local

import (
	"context"
	"os"
	"slices"
	"time"
)

// lookAgain is how often files are looked at.
const lookAgain = 200 * time.Millisecond

// watched are files as they were found.
type watched []stamp

// A stamp is what is seen of a file without reading it.
type stamp struct {
	path     string
	size     int64 // below 0: there is none
	modified time.Time
}

func watch(paths ...string) watched {
	slices.Sort(paths)
	paths = slices.Compact(paths)
	files := make(watched, len(paths))
	for i, path := range paths {
		files[i] = stamp{path: path, size: -1}
		if info, err := os.Stat(path); err == nil {
			files[i].size, files[i].modified = info.Size(), info.ModTime()
		}
	}
	return files
}

// again are the same files as they are now.
func (w watched) again() watched {
	paths := make([]string, len(w))
	for i, s := range w {
		paths[i] = s.path
	}
	return watch(paths...)
}

// Changed waits until a file of the template is not as it was when it was read last, or ctx ends. An editor that writes a file in
// several steps is waited for: it must have been left alone between two looks.
func (a *App) Changed(ctx context.Context) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	last := a.files
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now := a.files.again()
		if slices.Equal(now, last) && !slices.Equal(now, a.files) {
			return nil
		}
		last = now
	}
}
