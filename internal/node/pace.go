package node

import (
	"os"
	"runtime/debug"
)

// The collector usually begins a cycle when there is as much garbage as there is in use. A gateway has little in use: after a few
// megabytes it would look at all of it again, a tenth of all its processor time when it is busy. So garbage may be as much as
// roomy, however little is in use, but not more than most says.
const (
	roomy     = 24 << 20
	usualPace = 100 // GOGC
	mostPace  = 400
	paceStep  = 50 // who changes it stops the world for a moment
	// tight is the least limit of memory that has so much to give away.
	tight = 10 * roomy
)

// pace is GOGC where so much is in use.
func pace(live, limit int64) int {
	if live <= 0 || limit > 0 && limit < tight {
		return usualPace
	}
	percent := min(max(roomy*100/live, usualPace), mostPace)
	return int(percent / paceStep * paceStep)
}

// setPace is nil where the environment says how often the collector runs.
func setPace() func(percent int) int {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return debug.SetGCPercent
}

// keepPace has the collector begin its next cycle when that is worth it.
func (m *memory) keepPace(percent int) {
	if m.setPace == nil || percent == m.paced {
		return
	}
	m.setPace(percent)
	m.paced = percent
}
