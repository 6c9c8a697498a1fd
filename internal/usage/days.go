package usage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"gangway/internal/gateway"
)

// KeptDays is how far back days are kept.
const KeptDays = 90

// A Day is what one key has used under one plan on one day, UTC.
type Day struct {
	Plan, Key string // ids
	Date      string // 2026-01-31
	Tally
	// Gone says that the day is too old to be kept: its object is to be deleted.
	Gone bool

	changed bool // since it was last returned to be written
}

// Tally is a [Day] as it is stored.
type Tally struct {
	Used int64 `json:"used"`
	// Remaining is what a client has last set to be left of the quota, and At how much of the day had been used by then. An
	// object from before usage was counted has Remaining alone.
	Remaining *int64 `json:"remaining,omitempty"`
	At        int64  `json:"at,omitempty"`
}

// ReadDay reads a day off its object.
func ReadDay(object gateway.Key, value []byte) (Day, error) {
	key := object.Parent()
	d := Day{Plan: key.Parent().ID(), Key: key.ID(), Date: object.ID()}
	if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
		return Day{}, fmt.Errorf("usage: %s is no day", object)
	}
	if err := json.Unmarshal(value, &d.Tally); err != nil {
		return Day{}, fmt.Errorf("usage: decode %s: %w", object, err)
	}
	return d, nil
}

// Object is the key of the object that the day is stored in, as its Tally.
func (d *Day) Object() gateway.Key {
	return gateway.Key("").Child("usageplans", d.Plan).Child("keys", d.Key).Child("usage", d.Date)
}

// Set says what is left of the quota from now on.
func (d *Day) Set(remaining int64) {
	d.Remaining, d.At = &remaining, d.Used
}

// A History is all that is known of one key under one plan, in order of days.
type History []Day

// NewHistory puts days in order.
func NewHistory(days []Day) History {
	slices.SortFunc(days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) }) // dates sort as texts do
	return days
}

// Tally is what is known of a day, such as 2026-01-31.
func (h History) Tally(date string) Tally {
	if i, known := h.find(date); known {
		return h[i].Tally
	}
	return Tally{}
}

// Left is what is left of a quota at the end of a day: math.MaxInt64 if there is none.
func (h History) Left(quota *gateway.Quota, day time.Time) int64 {
	if quota == nil {
		return math.MaxInt64
	}
	first, _ := span(quota.Period, day)
	return h.left(quota, first, day)
}

// left counts the days of a period, or of the beginning of one.
func (h History) left(quota *gateway.Quota, first, last time.Time) int64 {
	from, to := first.Format(time.DateOnly), last.Format(time.DateOnly)
	left := int64(quota.Limit)
	if len(h) == 0 || h[0].Date >= from {
		left -= int64(quota.Offset)
	}
	for i := range h {
		switch d := &h[i]; {
		case d.Date < from || d.Date > to:
		case d.Remaining != nil:
			left = *d.Remaining - (d.Used - d.At)
		default:
			left -= d.Used
		}
	}
	return max(left, 0)
}

// span is the first and the last day of the period that a day is in. Weeks begin on Sunday.
func span(period string, day time.Time) (first, last time.Time) {
	switch period {
	case gateway.PeriodWeek:
		first = day.AddDate(0, 0, -int(day.Weekday()))
		return first, first.AddDate(0, 0, 6)
	case gateway.PeriodMonth:
		first = day.AddDate(0, 0, 1-day.Day())
		return first, first.AddDate(0, 1, -1)
	default:
		return day, day
	}
}

// find is where a day is, or would be.
func (h History) find(date string) (at int, known bool) {
	if last := len(h) - 1; last >= 0 && h[last].Date == date { // today, nearly always
		return last, true
	}
	return slices.BinarySearchFunc(h, date, func(d Day, date string) int { return cmp.Compare(d.Date, date) })
}
