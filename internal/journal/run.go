package journal

import (
	"bytes"
	"context"
	"log/slog"
	"time"
)

// run writes what comes until the journal is closed and nothing is left.
func (j *Journal) run(ctx context.Context) {
	defer close(j.done)
	defer j.stop()
	defer func() {
		if err := j.sink.close(); err != nil {
			j.report.failed("close", 0, err)
		}
	}()
	var spare batch
	for last := false; !last; {
		last = j.wait()
		for more := true; more; {
			spare, more = j.flush(ctx, spare)
			more = more && (last || j.linger == 0) // others wait for more, again
		}
	}
}

// flush writes what is pending, and says whether there is more.
func (j *Journal) flush(ctx context.Context, spare batch) (_ batch, more bool) {
	work, short := j.take(spare)
	if len(work.blocks) == 0 && len(short) == 0 {
		return work, false
	}
	failed := j.write(ctx, work, short)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.inFlight = 0
	idle := len(j.pending.blocks) == 0
	return work.emptied(), !failed || !idle // what was lost just now is noted when something comes
}

// emptied is a batch to be filled again. What a burst needed is given back.
func (b *batch) emptied() batch {
	const kept = 1 << 20
	if cap(b.text) > kept {
		return batch{}
	}
	clear(b.blocks) // of groups
	return batch{b.text[:0], b.blocks[:0]}
}

// wait returns once there are lines and they have waited for more, or the journal is being closed.
func (j *Journal) wait() (last bool) {
	select {
	case <-j.closing:
		return true
	case <-j.wake:
	}
	if j.linger == 0 {
		return false
	}
	timer := time.NewTimer(j.linger)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.wake: // there are many
	case <-j.closing:
		return true
	}
	return false
}

// take gives away what is pending, and whose lines are missing.
func (j *Journal) take(spare batch) (work batch, short []*group) {
	j.mu.Lock()
	defer j.mu.Unlock()
	work, j.pending = j.pending, spare
	short, j.short = j.short, nil
	j.inFlight = len(work.text)
	return work, short
}

// write writes a batch, group after group, and for each group that has lost lines a note behind them.
func (j *Journal) write(ctx context.Context, work batch, short []*group) (failed bool) {
	var groups []*group
	for _, b := range work.blocks {
		b.text = work.text[b.start:b.end]
		if len(b.group.batch) == 0 {
			groups = append(groups, b.group)
		}
		b.group.batch = append(b.group.batch, b)
	}
	now := time.Now()
	missing := make(map[*group]int, len(short))
	for _, g := range short {
		j.mu.Lock()
		missing[g], g.lost = g.lost, 0
		j.mu.Unlock()
		if len(g.batch) == 0 {
			groups = append(groups, g)
		}
		g.batch = append(g.batch, block{group: g, at: now, text: g.note(missing[g])})
	}
	for _, g := range groups {
		if !j.writeGroup(ctx, g, missing[g]) {
			failed = true
		}
	}
	return failed
}

// writeGroup writes the batch of a group, of which the last line is a note if lines are missing.
func (j *Journal) writeGroup(ctx context.Context, g *group, missing int) (ok bool) {
	blocks := g.batch
	defer func() {
		clear(blocks) // of text
		g.batch = blocks[:0]
	}()
	all := 0
	for _, b := range blocks {
		all += bytes.Count(b.text, newline)
	}
	n, err := j.sink.write(ctx, g, blocks)
	if err == nil {
		if missing > 0 {
			j.report.failed(g.name, missing, nil)
		}
		return true
	}
	lost := all - n
	j.mu.Lock()
	if missing > 0 { // the note itself is none of the lines; what it tells of is counted already
		lost--
		if g.lost == 0 {
			j.short = append(j.short, g)
		}
		g.lost += missing
	}
	if lost > 0 {
		j.lose(g, lost)
	}
	j.mu.Unlock()
	j.report.failed(g.name, lost+missing, err)
	return false
}

// reporter tells of lines that were lost, but not of each.
type reporter struct {
	log  *slog.Logger
	last time.Time
	lost int
}

const reportInterval = 10 * time.Second

func (r *reporter) failed(group string, lines int, err error) {
	if r.log == nil {
		return
	}
	r.lost += lines
	now := time.Now()
	if !r.last.IsZero() && now.Sub(r.last) < reportInterval {
		return
	}
	if err != nil {
		r.log.Error("lines of logs of stages are lost", "group", group, "lines", r.lost, "error", err)
	} else {
		r.log.Warn("lines of logs of stages were dropped: there was no room", "group", group, "lines", r.lost)
	}
	r.last, r.lost = now, 0
}
