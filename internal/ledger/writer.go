package ledger

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"gangway/internal/gateway"
)

const (
	// settleWithin is how long what can wait waits for others at most.
	settleWithin = 100 * time.Millisecond
	// reopenAfter is how long after a failure the file is tried again.
	reopenAfter = time.Second
	// A transaction has so many requests at most, and so many wait: of those who wait for an answer, and in all.
	mostInBatch = 1 << 10
	mostUrgent  = 1 << 12
	mostWaiting = 1 << 16
)

// request is what the writer is asked for: to put an entry, to strike one out (sealed is nil), or to do something else.
type request struct {
	at     place
	sealed []byte
	due    int64                // Unix milliseconds; 0: the connection is open, or was when its node went
	dead   gateway.ConnectionID // not empty: the entry becomes a dead letter
	do     func(context.Context, *database) error
	done   chan<- error // nil: nobody waits
}

// ask hands a request to the writer.
func (l *Ledger) ask(r request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closing:
		return ErrClosed
	default:
	}
	limit := mostWaiting
	if r.done != nil {
		limit = mostUrgent
	}
	if len(l.waiting) >= limit {
		return ErrBusy
	}
	l.waiting = append(l.waiting, r)
	if r.done != nil || len(l.waiting) >= mostInBatch {
		signal(l.urgent)
	} else {
		signal(l.lazy)
	}
	return nil
}

// read has the writer do something between two transactions.
func (l *Ledger) read(ctx context.Context, do func(context.Context, *database) error) error {
	done := make(chan error, 1)
	if err := l.ask(request{do: do, done: done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the writer.
func (l *Ledger) write() {
	defer close(l.ended)
	ctx := context.Background()
	for open := true; open; {
		open = l.rest()
		for batch := l.take(); len(batch) > 0 && l.commit(ctx, batch); {
			batch = l.take()
		}
	}
	if l.db != nil {
		_ = l.db.close() // everything is in the file or in its log
	}
}

// rest waits for something to do, and says whether there may be more after it.
func (l *Ledger) rest() (open bool) {
	select {
	case <-l.urgent:
	case <-l.lazy:
		timer := time.NewTimer(settleWithin)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.urgent:
		case <-l.closing:
			return false
		}
	case <-l.closing:
		return false
	}
	return true
}

// take takes what waits, in the order in which it came.
func (l *Ledger) take() []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), mostInBatch)
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	return batch
}

// commit writes a batch and answers everybody. What nobody waits for is kept if that fails.
func (l *Ledger) commit(ctx context.Context, batch []request) (ok bool) {
	begun := time.Now()
	if l.cfg.Low() && slices.ContainsFunc(batch, request.grows) {
		l.fail(slices.DeleteFunc(slices.Clone(batch), func(r request) bool { return !r.grows() }), ErrFull)
		batch = slices.DeleteFunc(batch, request.grows)
		defer func() { ok = false }()
	}
	changed, err := l.transact(ctx, batch)
	if err != nil {
		l.fail(batch, err)
		return false
	}
	l.count.owed.Add(changed.owed)
	l.count.dead.Add(changed.dead)
	l.count.batches.Add(1)
	l.count.written.Add(uint64(len(batch)))
	l.count.writing.Add(uint64(time.Since(begun)))
	for _, r := range batch {
		answer(r, nil)
	}
	if l.failed && slices.ContainsFunc(batch, request.grows) {
		l.failed = false
		l.cfg.Log.Info("connections are written down again", "file", l.file, "unrecorded", l.count.unrecorded.Load()-l.lost)
	}
	return true
}

// grows says whether a request adds to the file.
func (r request) grows() bool { return r.sealed != nil }

func answer(r request, err error) {
	if r.done != nil {
		r.done <- err
	}
}

// change is what a transaction has changed about the number of entries.
type change struct{ owed, dead int64 }

// transact writes a batch.
func (l *Ledger) transact(ctx context.Context, batch []request) (changed change, err error) {
	if l.db == nil {
		if time.Now().Before(l.retryAt) {
			return changed, errLater
		}
		if err := l.reopen(ctx); err != nil {
			return changed, err
		}
	}
	err = l.db.within(ctx, func() error {
		for i := range batch {
			if err := l.apply(ctx, &batch[i], &changed); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// errLater is the answer while the file is not tried again.
var errLater = errors.New("the last write has failed")

// apply does what one request wants.
func (l *Ledger) apply(ctx context.Context, r *request, changed *change) error {
	switch {
	case r.do != nil:
		return r.do(ctx, l.db)
	case r.sealed != nil && r.due == 0:
		changed.owed++
		_, err := l.db.put.ExecContext(ctx, r.at.life, r.at.slot, nil, r.sealed)
		return err
	}
	result, err := l.db.strike.ExecContext(ctx, r.at.life, r.at.slot)
	if err != nil {
		return err
	}
	struck, _ := result.RowsAffected() // SQLite always knows
	changed.owed -= struck
	switch {
	case r.dead != "":
		return l.bury(ctx, r, changed)
	case r.sealed != nil:
		changed.owed++
		_, err = l.db.put.ExecContext(ctx, r.at.life, r.at.slot, r.due, r.sealed)
	}
	return err
}

// bury makes an entry a dead letter, and forgets the oldest beyond those that are kept.
func (l *Ledger) bury(ctx context.Context, r *request, changed *change) error {
	_, err := l.db.conn.ExecContext(ctx, "INSERT OR REPLACE INTO dead (id, life, slot, died, entry) VALUES (?, ?, ?, ?, ?)",
		string(r.dead), r.at.life, r.at.slot, r.due, r.sealed)
	if err != nil {
		return err
	}
	result, err := l.db.conn.ExecContext(ctx, "DELETE FROM dead WHERE seq <= (SELECT seq FROM dead ORDER BY seq DESC LIMIT 1 OFFSET ?)", l.cfg.Dead)
	if err != nil {
		return err
	}
	forgotten, _ := result.RowsAffected()
	changed.dead += 1 - forgotten
	return nil
}

// fail answers what could not be written. But for a disk that is full, nobody knows what is on it then, so the file is opened
// anew before the next.
func (l *Ledger) fail(batch []request, err error) {
	if !l.failed {
		l.mourn(err)
	}
	if l.db != nil && !errors.Is(err, ErrFull) {
		_ = l.db.close() // it has failed
		l.db, l.retryAt = nil, time.Now().Add(reopenAfter)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Nor do those who have come meanwhile wait for a disk that does not work.
	all := append(batch, l.waiting...)
	l.waiting = nil
	for _, r := range all {
		if r.done == nil {
			l.waiting = append(l.waiting, r)
		}
		answer(r, err)
	}
	if len(l.waiting) > 0 {
		time.AfterFunc(reopenAfter, func() { signal(l.lazy) })
	}
}

// mourn says once that nothing is written down.
func (l *Ledger) mourn(err error) {
	l.failed, l.lost = true, l.count.unrecorded.Load()
	l.cfg.Log.Error("connections are not written down: if the node is killed now, their $disconnect is not told", "file", l.file, "error", err)
}

// reopen opens the file. One that is damaged is set aside, and a new one made.
func (l *Ledger) reopen(ctx context.Context) error {
	db, err := openDatabase(ctx, l.file)
	if errors.Is(err, errDamaged) {
		aside, moved := setAside(l.file, strconv.FormatInt(time.Now().UnixMilli(), 10))
		l.count.damaged.Add(1)
		l.cfg.Log.Error("the records of connections are damaged: $disconnect is not told for those of earlier lives of the node, and they begin anew",
			"file", l.file, "kept", aside, "error", errors.Join(err, moved))
		if moved != nil {
			return moved
		}
		db, err = openDatabase(ctx, l.file)
	}
	if err != nil {
		l.retryAt = time.Now().Add(reopenAfter)
		return err
	}
	l.db = db
	return l.survey(ctx)
}

// survey counts what is there. At the start it finds a number for this life that is greater than all before.
func (l *Ledger) survey(ctx context.Context) error {
	var last, owed, dead int64
	row := l.db.conn.QueryRowContext(ctx, "SELECT coalesce((SELECT max(life) FROM entries), 0), (SELECT count(*) FROM entries), (SELECT count(*) FROM dead)")
	if err := row.Scan(&last, &owed, &dead); err != nil {
		return explain(err)
	}
	if l.seals == nil {
		l.life = max(l.life, last+1)
	}
	l.count.owed.Store(owed)
	l.count.dead.Store(dead)
	return nil
}

// passes says whether an error of opening may pass by itself.
func passes(err error) bool {
	return !errors.Is(err, ErrNewer) && !errors.Is(err, fs.ErrPermission)
}
