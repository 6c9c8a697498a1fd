package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gangway/internal/gateway"
)

// DeadLetter is an entry that was told in vain as often as it may be.
type DeadLetter struct {
	Entry

	DiedAt time.Time
	// Number is where it stands in the list.
	Number uint64
}

// DeadLetters are those from a number on, the oldest first, and the number that goes on behind them; 0: there are no more.
func (l *Ledger) DeadLetters(ctx context.Context, from uint64, most int) (found []DeadLetter, next uint64, err error) {
	err = l.read(ctx, func(ctx context.Context, d *database) (err error) {
		rows, err := d.conn.QueryContext(ctx, "SELECT seq, life, slot, died, entry FROM dead WHERE seq >= ? ORDER BY seq LIMIT ?", int64(from), most+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			letter, err := l.scan(rows)
			switch {
			case errors.Is(err, errEntry): // it stays until it is deleted or too old
				continue
			case err != nil:
				return err
			}
			found = append(found, letter)
		}
		return rows.Err()
	})
	if err == nil && len(found) > most {
		next, found = found[most].Number, found[:most]
	}
	return found, next, err
}

// scan reads a row.
func (l *Ledger) scan(row interface{ Scan(into ...any) error }) (letter DeadLetter, err error) {
	var at place
	var died int64
	var sealed []byte
	if err := row.Scan(&letter.Number, &at.life, &at.slot, &died, &sealed); err != nil {
		return letter, err
	}
	e, err := l.seals.open(at, sealed)
	if err != nil {
		return letter, err
	}
	letter.Entry, letter.DiedAt = *e, time.UnixMilli(died)
	return letter, nil
}

// Retry has a dead letter told again, at once and as often as one that has never been told. Its errors are [ErrUnknown] and those of the disk.
func (l *Ledger) Retry(ctx context.Context, id gateway.ConnectionID) error {
	return l.exhume(ctx, id, func(ctx context.Context, d *database, letter *DeadLetter) error {
		letter.Attempts = 0
		sealed, err := l.seals.seal(&letter.Entry)
		if err != nil {
			return err
		}
		due := l.cfg.Now().UnixMilli()
		if _, err := d.put.ExecContext(ctx, letter.at.life, letter.at.slot, due, sealed); err != nil {
			return err
		}
		l.count.owed.Add(1)
		l.dueAt(due)
		return nil
	})
}

// Delete forgets a dead letter. Its errors are those of [Ledger.Retry].
func (l *Ledger) Delete(ctx context.Context, id gateway.ConnectionID) error {
	return l.exhume(ctx, id, func(context.Context, *database, *DeadLetter) error { return nil })
}

// exhume takes a dead letter out of the list, and does something about it.
func (l *Ledger) exhume(ctx context.Context, id gateway.ConnectionID, do func(context.Context, *database, *DeadLetter) error) error {
	var unknown bool
	err := l.read(ctx, func(ctx context.Context, d *database) error {
		letter, found := l.scan(d.conn.QueryRowContext(ctx, "SELECT seq, life, slot, died, entry FROM dead WHERE id = ?", string(id)))
		spoiled := errors.Is(found, errEntry) // nothing can be done about such a one but to forget it
		if unknown = errors.Is(found, sql.ErrNoRows); unknown || found != nil && !spoiled {
			return ignore(found, sql.ErrNoRows)
		}
		if _, err := d.conn.ExecContext(ctx, "DELETE FROM dead WHERE id = ?", string(id)); err != nil {
			return err
		}
		l.count.dead.Add(-1)
		if spoiled {
			return nil
		}
		return do(ctx, d, &letter)
	})
	if err == nil && unknown {
		return ErrUnknown
	}
	return err
}

// ignore is an error, unless it is one of a kind that is none.
func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
