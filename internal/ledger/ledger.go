package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// Config is what a ledger is told.
type Config struct {
	// Dir is the folder of the file.
	Dir string
	// Secret is what keys are made of that seal entries.
	Secret []byte
	// Sealer has made the ids of the connections; nil: one of nobody's, by which entries stand anywhere.
	Sealer *gateway.Sealer
	// Attempts is how often a $disconnect is told at most, the first time included; 10.
	Attempts int
	// Dead is how many dead letters are kept, the newest; 1000.
	Dead int
	// Low says that the disk has so little left that nothing more may be written; nil: it never has.
	Low func() bool
	// Now is the clock of entries; nil: time.Now.
	Now func() time.Time
	// Log takes what goes wrong; nil: nowhere.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Attempts = cmp.Or(max(c.Attempts, 0), 10)
	c.Dead = cmp.Or(max(c.Dead, 0), 1000)
	if c.Sealer == nil {
		c.Sealer = gateway.NewSealer([16]byte{})
	}
	if c.Low == nil {
		c.Low = func() bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

var (
	// ErrBusy says that too many wait for the disk.
	ErrBusy = errors.New("too many records of connections wait for the disk")
	// ErrSlow says that the disk takes too long.
	ErrSlow = errors.New("the disk takes too long")
	// ErrClosed says that the ledger is closed.
	ErrClosed = errors.New("the ledger is closed")
	// ErrUnknown says that there is no such dead letter.
	ErrUnknown = errors.New("there is no such dead letter")
)

// Ledger is the open file. All methods may be called concurrently.
type Ledger struct {
	cfg    Config
	file   string
	life   int64
	seals  *seals
	urgent chan struct{} // somebody waits for the writer
	lazy   chan struct{} // there is something that can wait a while
	stir   chan struct{} // something may be due earlier than Run knows
	ended  chan struct{} // the writer has ended
	count  count

	complained atomic.Int64 // when, in Unix nanoseconds

	mu      sync.Mutex // guards what follows
	waiting []request
	closing chan struct{} // closed by Close

	// What follows is the writer's.
	db      *database // nil: the last write has failed, and the file is to be opened anew
	retryAt time.Time
	failed  bool // the last write has failed, and the log says so
	lost    uint64

	nextDue atomic.Int64 // when Run has something to do at the latest, in Unix milliseconds; 0: nothing is known
	telling telling
}

// Open opens the ledger of a folder, or makes it. A damaged file is set aside; that is logged and counted. Where the disk has no space or
// does not work now, the ledger is open all the same, refuses entries, and tries again. The errors are [ErrNewer] and those of files
// that may not be used.
func Open(ctx context.Context, cfg Config) (*Ledger, error) {
	l := &Ledger{
		cfg: cfg.withDefaults(), file: filepath.Join(cfg.Dir, FileName), life: time.Now().UnixMilli(),
		urgent: make(chan struct{}, 1), lazy: make(chan struct{}, 1), stir: make(chan struct{}, 1), ended: make(chan struct{}), closing: make(chan struct{}),
	}
	err := l.reopen(ctx)
	if err != nil && !passes(err) {
		return nil, fmt.Errorf("ledger: %s: %w", l.file, err)
	}
	if err != nil {
		l.mourn(err)
	}
	if l.seals, err = newSeals(cfg.Secret, l.life); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l.telling = telling{stages: map[gateway.StageKey]*stage{}, places: map[place]bool{}}
	l.nextDue.Store(1) // earlier lives may have left something that is due
	//nolint:contextcheck // the writer outlives the context of the start
	go l.write()
	return l, nil
}

// Owe writes down that a connection is owed a $disconnect. It returns once that is durable; after an error the entry may be there
// for a moment. It waits for a disk for two seconds. The errors are [ErrFull], [ErrBusy], [ErrSlow], [ErrClosed], that of ctx, and what the disk
// has to say.
func (l *Ledger) Owe(ctx context.Context, e *Entry) error {
	e.at = l.placeOf(e.Connection.ID)
	sealed, err := l.seals.seal(e)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	done := make(chan error, 1)
	if err = l.ask(request{at: e.at, sealed: sealed, done: done}); err == nil {
		if err = l.await(ctx, done); err != nil {
			l.Settle(e.Connection.ID) // it may be written after all
		}
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	l.count.unrecorded.Add(1)
	l.complain(err)
	return fmt.Errorf("ledger: %w", err)
}

// patienceOfOwe is how long a handshake waits for a disk.
const patienceOfOwe = 2 * time.Second

// await waits for the writer.
func (l *Ledger) await(ctx context.Context, done <-chan error) error {
	timer := time.NewTimer(patienceOfOwe)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ErrSlow
	}
}

// complain says once in a while that the disk does not keep up. Where it fails, the writer says so.
func (l *Ledger) complain(err error) {
	if !errors.Is(err, ErrBusy) && !errors.Is(err, ErrSlow) {
		return
	}
	last, now := l.complained.Load(), time.Now().UnixNano()
	if now-last > int64(10*time.Second) && l.complained.CompareAndSwap(last, now) {
		l.cfg.Log.Error("connections are not written down: if the node is killed now, their $disconnect is not told", "file", l.file, "error", err)
	}
}

// Settle strikes out the entry of a connection of this life. It does not wait.
func (l *Ledger) Settle(id gateway.ConnectionID) { l.strike(l.placeOf(id)) }

func (l *Ledger) strike(at place) {
	// What cannot be struck out is told once more, and struck out then.
	_ = l.ask(request{at: at})
}

// backoff is how long after an attempt the next one follows.
var backoff = []time.Duration{0, time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// Postpone writes down that a $disconnect could not be told, after so many Attempts: it is due again after a while, or dead. With none, it is
// due at once. It does not wait.
func (l *Ledger) Postpone(e *Entry) {
	wait := backoff[min(e.Attempts, len(backoff)-1)]
	l.postpone(e, wait, e.Attempts >= l.cfg.Attempts)
}

func (l *Ledger) postpone(e *Entry, wait time.Duration, dead bool) {
	if e.at == (place{}) {
		e.at = l.placeOf(e.Connection.ID)
	}
	sealed, err := l.seals.seal(e)
	if err != nil {
		l.cfg.Log.Error("a $disconnect that could not be told is forgotten", "connectionId", string(e.Connection.ID), "error", err)
		return
	}
	now := l.cfg.Now()
	r := request{at: e.at, sealed: sealed, due: now.Add(wait).UnixMilli()}
	if dead {
		l.count.died.Add(1)
		r.dead, r.due = e.Connection.ID, now.UnixMilli()
		l.cfg.Log.Warn("$disconnect is given up", "connectionId", string(e.Connection.ID), "api", e.Connection.API, "stage", e.Connection.Stage,
			"requestId", e.RequestID, "attempts", e.Attempts, "error", e.Cause, "remedy", "mend the integration, then RetryDeadLetter")
	}
	if l.ask(r) == nil && !dead {
		l.dueAt(r.due)
	}
}

// dueAt has Run know of the time at which something is due.
func (l *Ledger) dueAt(due int64) {
	for {
		next := l.nextDue.Load()
		if next != 0 && next <= due {
			return
		}
		if l.nextDue.CompareAndSwap(next, due) {
			signal(l.stir)
			return
		}
	}
}

// placeOf is where a connection of this life stands.
func (l *Ledger) placeOf(id gateway.ConnectionID) place {
	h, _ := l.cfg.Sealer.Open(id)
	return place{l.life, int64(h.Slot)<<24 | int64(h.Tag)}
}

// Close writes what waits, and ends the use of the file.
func (l *Ledger) Close() error {
	l.mu.Lock()
	select {
	case <-l.closing:
	default:
		close(l.closing)
	}
	l.mu.Unlock()
	<-l.ended
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
