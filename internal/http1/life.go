package http1

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A life is the context of a request. It ends when its handler returns or the client leaves. It makes a channel only for who
// asks for it.
type life struct {
	mu    sync.Mutex // guards what follows
	done  chan struct{}
	err   error
	tasks []*func()
}

// Deadline implements [context.Context].
func (*life) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements [context.Context].
func (l *life) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.err != nil {
			close(l.done)
		}
	}
	return l.done
}

// Err implements [context.Context].
func (l *life) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// AfterFunc is for package context, which needs no goroutine for the contexts derived from one that has it.
func (l *life) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		go f()
		return func() bool { return false }
	}
	task := &f
	l.tasks = append(l.tasks, task)
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		i := slices.Index(l.tasks, task)
		if i >= 0 {
			l.tasks = slices.Delete(l.tasks, i, i+1)
		}
		return i >= 0
	}
}

// end ends it, once.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = context.Canceled
	if l.done != nil {
		close(l.done)
	}
	for _, task := range l.tasks {
		go (*task)()
	}
	l.tasks = nil
}
