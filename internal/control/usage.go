package control

import (
	"slices"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// maxDays is the longest time that can be asked for: as long as usage is kept.
const maxDays = usage.KeptDays

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
	answer := &gateway.Usage{
		UsagePlanID: plan.ID, StartDate: c.query.Get("startDate"), EndDate: c.query.Get("endDate"),
		Position: next, Values: map[string][][2]int64{},
	}
	for _, key := range keys {
		history, err := c.history(c.Objects, key.Key)
		if err != nil {
			return nil, err
		}
		var pairs [][2]int64
		for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
			pairs = append(pairs, [2]int64{history.Tally(day.Format(time.DateOnly)).Used, history.Left(plan.Quota, day)})
		}
		answer.Values[key.Key.ID()] = pairs
	}
	return answer, nil
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

// history is what a key has used under a plan: live, or, where nobody counts, as it is stored.
func (c *call) history(in reader, key gateway.Key) (usage.History, error) {
	if c.Usage != nil {
		return c.Usage(key.Parent().ID(), key.ID()), nil
	}
	var days []usage.Day
	for _, stored := range in.List(key + "/usage") {
		day, err := usage.ReadDay(stored.Key, stored.Value)
		if err != nil {
			return nil, err
		}
		days = append(days, day)
	}
	return usage.NewHistory(days), nil
}

// updateUsage sets what is left of a quota to a key, for the rest of the period. Whoever counts learns of it by the write.
func updateUsage(c *call) (any, error) {
	patches, err := c.patches()
	if err != nil {
		return nil, err
	}
	key := c.key.Up()
	today := usage.Day{Plan: key.Parent().ID(), Key: key.ID(), Date: c.Now().UTC().Format(time.DateOnly)}
	var set gateway.Remaining
	err = c.update(func(tx *cluster.Tx) error {
		if err := c.exists(tx, key); err != nil {
			return err
		}
		stored, _ := tx.Get(key.Parent())
		plan, err := plans.decode(stored)
		if err != nil {
			return err
		}
		if plan.Quota == nil {
			return gateway.Errorf(gateway.ErrInvalid, "Usage Plan %s has no quota", plan.ID)
		}
		if err := apply(&set, patches); err != nil {
			return err
		}
		history, err := c.history(tx, key)
		if err != nil {
			return err
		}
		today.Tally = history.Tally(today.Date)
		today.Set(int64(set))
		return tx.Put(today.Object(), today.Tally)
	})
	if err != nil {
		return nil, err
	}
	return &gateway.Usage{
		UsagePlanID: today.Plan, StartDate: today.Date, EndDate: today.Date,
		Values: map[string][][2]int64{today.Key: {{today.Used, int64(set)}}},
	}, nil
}
