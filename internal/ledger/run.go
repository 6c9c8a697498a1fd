package ledger

import (
	"context"
	"errors"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// What telling takes at most.
const (
	mostTelling = 64  // at a time
	mostOfStage = 16  // of them of one stage
	mostWaits   = 256 // for their stage
	perRound    = 100
	roundTime   = 100 * time.Millisecond
	// glance is how long Run sleeps at most: its clock may be moved on.
	glance = time.Second
	// What has waited so long for its stage makes room for others, and is due again after a while.
	patience = time.Second
	aside    = 5 * time.Second
)

// What is said of a connection of which nobody has seen the end: the code is that of RFC 6455 section 7.1.5.
const (
	lostStatus = 1006
	lostReason = "Connection lost with its node"
)

var (
	// ErrGone says that a stage is gone, and so nobody is left to be told.
	ErrGone = errors.New("the stage is gone")
	// ErrStopped says that an attempt was broken off before it came to anything.
	ErrStopped = errors.New("the node stops")
)

// telling is what is being told. Its lock is taken before that of the ledger.
type telling struct {
	mu      sync.Mutex
	running sync.WaitGroup
	now     int            // how many are being told
	places  map[place]bool // of those, and of those that wait or were told a moment ago
	spent   []place        // of the last
	stages  map[gateway.StageKey]*stage
	waits   int
	gone    map[gateway.StageKey]bool // of which the log says so already
}

// stage is what is told of one.
type stage struct {
	now   int
	waits []waiting
}

type waiting struct {
	entry *Entry
	since time.Time
}

// Run has told what is left of earlier lives, and what is due, until ctx ends: at most 1000 a second, 64 at a time and 16 of
// one stage. tell returns nil if that was done or need not be, [ErrGone], [ErrStopped], or why it should be tried again.
func (l *Ledger) Run(ctx context.Context, tell func(context.Context, *Entry) error) {
	defer l.telling.running.Wait()
	left := true // of earlier lives
	var from place
	for ctx.Err() == nil {
		var found []*Entry
		var err error
		room := min(perRound, l.room())
		if left && room > 0 {
			if found, err = l.leftAfter(ctx, &from, room); err == nil {
				left = len(found) > 0
			}
		}
		if room -= len(found); room > 0 && l.isDue() {
			due, failed := l.due(ctx, room)
			found, err = append(found, due...), errors.Join(err, failed)
		}
		l.line(found)
		all := l.launch(ctx, tell)
		l.sleep(ctx, all && err == nil && !left && !l.isDue())
	}
}

// sleep waits for the next round.
func (l *Ledger) sleep(ctx context.Context, idle bool) {
	wait, stir := roundTime, (<-chan struct{})(nil)
	if idle {
		wait, stir = glance, l.stir
		if next := l.nextDue.Load(); next != 0 {
			wait = max(roundTime, min(wait, time.UnixMilli(next).Sub(l.cfg.Now())))
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stir:
	case <-ctx.Done():
	}
}

// room is how many more may wait, once those have made room that have waited for long. What was told until now is forgotten: whoever
// reads the file next finds it struck out.
func (l *Ledger) room() int {
	t := &l.telling
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.spent {
		delete(t.places, at)
	}
	t.spent = t.spent[:0]
	for key, s := range t.stages {
		for len(s.waits) > 0 && time.Since(s.waits[0].since) > patience {
			e := s.waits[0].entry
			s.waits = s.waits[1:]
			t.waits--
			l.postpone(e, aside, false)
			t.spent = append(t.spent, e.at)
		}
		if s.now == 0 && len(s.waits) == 0 {
			delete(t.stages, key)
		}
	}
	return mostWaits - t.waits
}

func (l *Ledger) isDue() bool {
	next := l.nextDue.Load()
	return next != 0 && next <= l.cfg.Now().UnixMilli()
}

// line has entries wait for their turn, unless they do so already.
func (l *Ledger) line(found []*Entry) {
	t := &l.telling
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range found {
		if t.places[e.at] { // what becomes of it is not in the file yet
			l.dueAt(l.cfg.Now().UnixMilli())
			continue
		}
		t.places[e.at] = true
		s := t.stages[e.Stage()]
		if s == nil {
			s = new(stage)
			t.stages[e.Stage()] = s
		}
		s.waits = append(s.waits, waiting{e, time.Now()})
		t.waits++
	}
}

// launch has told what may be told now, and says whether that is all.
func (l *Ledger) launch(ctx context.Context, tell func(context.Context, *Entry) error) (all bool) {
	t := &l.telling
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.stages {
		for range min(len(s.waits), mostOfStage-s.now, mostTelling-t.now) {
			t.now++
			s.now++
			t.running.Go(func() { l.work(ctx, s, tell) })
		}
	}
	return t.waits == 0
}

// work tells what waits of a stage, until nothing does.
func (l *Ledger) work(ctx context.Context, s *stage, tell func(context.Context, *Entry) error) {
	t := &l.telling
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(s.waits) > 0 && ctx.Err() == nil {
		e := s.waits[0].entry
		s.waits = s.waits[1:]
		t.waits--
		t.mu.Unlock()
		l.tell(ctx, e, tell)
		t.mu.Lock()
		t.spent = append(t.spent, e.at)
	}
	t.now--
	s.now--
}

// tell has an entry told once.
func (l *Ledger) tell(ctx context.Context, e *Entry, tell func(context.Context, *Entry) error) {
	again := e.Attempts > 0
	err := tell(ctx, e)
	switch {
	case errors.Is(err, ErrStopped):
		l.postpone(e, 0, false)
		return
	case errors.Is(err, ErrGone):
		l.count.dropped.Add(1)
		l.sayGone(e)
		l.strike(e.at)
		return
	}
	if again {
		defer l.count.retried.Add(1)
	}
	if err == nil {
		l.count.told.Add(1)
		l.strike(e.at)
		return
	}
	e.Attempts++
	e.Cause = err.Error()
	l.Postpone(e)
}

// sayGone says once of a stage that nobody is told any more.
func (l *Ledger) sayGone(e *Entry) {
	l.telling.mu.Lock()
	defer l.telling.mu.Unlock()
	if l.telling.gone[e.Stage()] {
		return
	}
	if len(l.telling.gone) >= 1<<10 || l.telling.gone == nil {
		l.telling.gone = map[gateway.StageKey]bool{}
	}
	l.telling.gone[e.Stage()] = true
	l.cfg.Log.Warn("connections of a stage that is gone are owed a $disconnect that nobody is told", "api", e.Connection.API, "stage", e.Connection.Stage)
}

// leftAfter reads on among what is left of earlier lives: connections that were open when their node went.
func (l *Ledger) leftAfter(ctx context.Context, from *place, most int) (found []*Entry, err error) {
	err = l.query(ctx, func(e *Entry) {
		*from = e.at
		e.EndedAt, e.Status, e.Reason = l.cfg.Now(), lostStatus, lostReason
		found = append(found, e)
	}, "SELECT life, slot, entry FROM entries WHERE (life, slot) > (?, ?) AND life < ? AND due IS NULL ORDER BY life, slot LIMIT ?",
		from.life, from.slot, l.life, most)
	return found, err
}

// due reads what is due, and notes when the next is.
func (l *Ledger) due(ctx context.Context, most int) (found []*Entry, err error) {
	l.nextDue.Store(0)
	now := l.cfg.Now().UnixMilli()
	l.telling.mu.Lock()
	busy := len(l.telling.places) // which may be among them
	l.telling.mu.Unlock()
	err = l.query(ctx, func(e *Entry) { found = append(found, e) },
		"SELECT life, slot, entry FROM entries WHERE due <= ? ORDER BY due LIMIT ?", now, most+busy)
	if err != nil {
		l.dueAt(now)
		return found, err
	}
	if len(found) == most+busy {
		l.dueAt(now)
		return found, nil
	}
	return found, l.read(ctx, func(ctx context.Context, d *database) error {
		var next int64
		if err := d.conn.QueryRowContext(ctx, "SELECT coalesce(min(due), 0) FROM entries WHERE due > ?", now).Scan(&next); err != nil {
			return err
		}
		if next != 0 {
			l.dueAt(next)
		}
		return nil
	})
}

// query hands out entries. Those whose seal does not fit are struck out.
func (l *Ledger) query(ctx context.Context, take func(*Entry), statement string, args ...any) error {
	return l.read(ctx, func(ctx context.Context, d *database) (err error) {
		rows, err := d.conn.QueryContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var at place
			var sealed []byte
			if err := rows.Scan(&at.life, &at.slot, &sealed); err != nil {
				return err
			}
			if e, err := l.seals.open(at, sealed); err == nil {
				take(e)
			} else {
				l.spoil(at, err)
			}
		}
		return rows.Err()
	})
}

// spoil gives up an entry that cannot be read.
func (l *Ledger) spoil(at place, err error) {
	l.count.damaged.Add(1)
	l.cfg.Log.Error("the record of a connection is damaged, and its $disconnect is not told", "file", l.file, "life", at.life, "slot", at.slot, "error", err)
	l.strike(at)
}
