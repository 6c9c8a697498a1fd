package control

import (
	"math"
	"slices"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// maxDays is how far back usage is kept, and so the longest time that can be asked for.
const maxDays = 90

// remaining is what a client has set a key's quota to, from a day on until its period ends.
type remaining struct {
	Remaining gateway.Remaining `json:"remaining"`
}

// getUsage says how much keys have used of a plan, day by day, and how much is left to each.
func getUsage(c *call) (any, error) {
	planKey := c.key.Up()
	if err := c.exists(c.Objects, planKey); err != nil {
		return nil, err
	}
	first, last, err := c.days()
	if err != nil {
		return nil, err
	}
	stored, _ := c.Objects.Get(planKey)
	plan, err := plans.decode(stored)
	if err != nil {
		return nil, err
	}
	all := c.Objects.List(planKey + "/keys")
	if only := c.query.Get("keyId"); only != "" {
		all = slices.DeleteFunc(all, func(key cluster.Object) bool { return key.Key.ID() != only })
	}
	keys, next, err := paginationV1.cut(c.query, all)
	if err != nil {
		return nil, err
	}
	usage := &gateway.Usage{
		UsagePlanID: plan.ID, StartDate: c.query.Get("startDate"), EndDate: c.query.Get("endDate"),
		Position: next, Values: map[string][][2]int64{},
	}
	for _, key := range keys {
		var pairs [][2]int64
		for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
			left, err := c.left(plan, key.Key, day)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, [2]int64{0, left})
		}
		usage.Values[key.Key.ID()] = pairs
	}
	return usage, nil
}

// days reads the first and the last day of a question.
func (c *call) days() (first, last time.Time, err error) {
	first, errFirst := time.Parse(time.DateOnly, c.query.Get("startDate"))
	last, errLast := time.Parse(time.DateOnly, c.query.Get("endDate"))
	if errFirst != nil || errLast != nil || last.Before(first) || last.Sub(first) > maxDays*24*time.Hour {
		err = gateway.Errorf(gateway.ErrInvalid, "Invalid dates specified: startDate '%s', endDate '%s'. "+
			"Expected two days such as 2026-01-31, the second not before the first, at most %d days apart",
			c.query.Get("startDate"), c.query.Get("endDate"), maxDays)
	}
	return first, last, err
}

// left is what is left to a key at the end of a day: what a client has set it to in the same period, or all.
func (c *call) left(plan *gateway.UsagePlan, key gateway.Key, day time.Time) (int64, error) {
	if plan.Quota == nil {
		return math.MaxInt64, nil
	}
	for d := day; !d.Before(begins(plan.Quota.Period, day)); d = d.AddDate(0, 0, -1) {
		stored, exists := c.Objects.Get(key.Child("usage", d.Format(time.DateOnly)))
		if !exists {
			continue
		}
		var set remaining
		err := decodeStored(stored, &set)
		return int64(set.Remaining), err
	}
	return int64(plan.Quota.Limit), nil
}

// begins is the first day of the period that a day is in. Weeks begin on Sunday.
func begins(period string, day time.Time) time.Time {
	switch period {
	case gateway.PeriodWeek:
		return day.AddDate(0, 0, -int(day.Weekday()))
	case gateway.PeriodMonth:
		return day.AddDate(0, 0, 1-day.Day())
	default:
		return day
	}
}

// updateUsage sets what is left of a quota to a key, for the rest of the period.
func updateUsage(c *call) (any, error) {
	patches, err := c.patches()
	if err != nil {
		return nil, err
	}
	key := c.key.Up()
	today := c.Now().UTC().Truncate(24 * time.Hour)
	var plan *gateway.UsagePlan
	var set remaining
	err = c.update(func(tx *cluster.Tx) error {
		if err := c.exists(tx, key); err != nil {
			return err
		}
		stored, _ := tx.Get(key.Parent())
		if plan, err = plans.decode(stored); err != nil {
			return err
		}
		if plan.Quota == nil {
			return gateway.Errorf(gateway.ErrInvalid, "Usage Plan %s has no quota", plan.ID)
		}
		if err := apply(&set.Remaining, patches); err != nil {
			return err
		}
		oldest := key.Child("usage", today.AddDate(0, 0, -maxDays).Format(time.DateOnly))
		for _, day := range tx.List(key + "/usage") {
			if day.Key < oldest { // dates sort as texts do
				tx.Delete(day.Key)
			}
		}
		return tx.Put(key.Child("usage", today.Format(time.DateOnly)), set)
	})
	if err != nil {
		return nil, err
	}
	day := today.Format(time.DateOnly)
	return &gateway.Usage{
		UsagePlanID: plan.ID, StartDate: day, EndDate: day,
		Values: map[string][][2]int64{key.ID(): {{0, int64(set.Remaining)}}},
	}, nil
}
