package control

import (
	"time"

	"gangway/internal/metrics"
)

// nodeFigures are the numbers of everything that a caller may read.
type nodeFigures struct {
	Time          time.Time    `json:"time"`
	UptimeSeconds int64        `json:"uptimeSeconds"`
	APIs          []apiFigures `json:"apis"`
}

type apiFigures struct {
	APIID string `json:"apiId"`
	metrics.APIFigures
}

// getMetrics tells the numbers of each API that the caller may read.
func getMetrics(c *call) (any, error) {
	counted := map[string]metrics.APIFigures{}
	if c.Metrics != nil {
		counted = c.Metrics.APIs()
	}
	now := c.Now()
	all := &nodeFigures{Time: now.UTC().Truncate(time.Millisecond), UptimeSeconds: int64(now.Sub(c.started) / time.Second), APIs: []apiFigures{}}
	for _, object := range c.Objects.List("apis") {
		if c.may(get, object.Key) == nil {
			id := object.Key.ID()
			all.APIs = append(all.APIs, apiFigures{id, counted[id]})
		}
	}
	return all, nil
}

// getAPIMetrics tells the numbers of the stages of an API.
func getAPIMetrics(c *call) (any, error) {
	api, err := c.watched()
	if err != nil {
		return nil, err
	}
	stages := []metrics.StageFigures{}
	if c.Metrics != nil {
		stages = c.Metrics.Stages(api.ID(), c.query.Get("stageName"))
	}
	return &struct {
		Time   time.Time              `json:"time"`
		Stages []metrics.StageFigures `json:"stages"`
	}{c.Now().UTC().Truncate(time.Millisecond), stages}, nil
}
