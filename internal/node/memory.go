package node

import (
	"context"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// limitMemory has the collector keep to the limit, with some room for what is not its own: the pages of the program, and what
// the kernel counts. The limit is 0 where the cgroup says it, and less than 0 for none; in any case GOMEMLIMIT of the environment
// comes first. It returns what the process may have then; 0: as much as there is.
func limitMemory(limit int64, log *slog.Logger) int64 {
	source := "setting"
	if limit == 0 {
		limit, source = memoryOfCgroup(os.DirFS("/")), "cgroup"
	}
	if limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 10 * 9)
		log.Debug("memory is limited", "bytes", limit, "by", source)
	}
	if limit = debug.SetMemoryLimit(-1); limit == math.MaxInt64 {
		return 0
	}
	return limit
}

// reading is what the process has of memory, in bytes.
type reading struct {
	taken     int64 // from the system
	kept      int64 // of that, what the collector has found in use the last time, and what is beside the heap
	spare     int64 // of that, what is free, or may be: all that was allocated since that time
	live      int64 // what the collector has found in use
	allocated int64 // since the start
	cycles    int64 // of the collector, since the start
}

// readMemory is cheap: nothing stops for it.
func readMemory() reading {
	const prefix = "/memory/classes/"
	samples := []metrics.Sample{
		{Name: prefix + "total:bytes"},
		{Name: prefix + "heap/released:bytes"},
		{Name: prefix + "heap/free:bytes"},
		{Name: prefix + "heap/objects:bytes"},
		{Name: prefix + "heap/unused:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	at := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	taken, free, objects, unused, live := at(0)-at(1), at(2), at(3), at(4), at(5)
	return reading{
		taken: taken, kept: taken - free - objects - unused + live, spare: free + objects - live,
		live: live, allocated: at(6), cycles: at(7),
	}
}

// pressure is how near the memory is to its end.
type pressure int32

const (
	relaxed pressure = iota
	crowded          // nobody more is let in
	heavy            // who holds most has to go
	full             // nothing more is taken
)

// String implements [fmt.Stringer].
func (p pressure) String() string {
	return [...]string{"none", "new clients are refused", "connections that hold most are dropped", "everybody is refused"}[p]
}

// What part of the limit messages in flight may have, and those that wait for clients or have come in part only.
const (
	messagesPart = 8
	queuesPart   = 4
)

// usual is what messages in flight may have where memory has no limit, as what waits for clients.
const usual = 256 << 20

// Parts of the limit, in per cent.
const (
	watchedFrom = 60 // of what is taken: from there on memory is looked at more often
	crowdedFrom = 80 // of what is kept, as the next ones
	heavyFrom   = 90
	fullFrom    = 95
	relievedTo  = 85
	overdrawn   = 105 // of what is taken: the collector does not keep up
	better      = 5   // what has begun ends when it is so much better
)

const (
	calmLook  = time.Second
	tenseLook = 100 * time.Millisecond
	// staleAfter is how many tense looks without a cycle of the collector make what it has found old.
	staleAfter = 20
	// calmRate is what a process allocates at most, between two calm looks, that has little to do.
	calmRate = 256 << 10
	// Less than worthwhile, and than a part of what is kept, is not given back.
	worthwhile = 4 << 20
	partOfKept = 5
)

// memory looks after the memory of the process. When there is little to do, it gives back what is not needed: what handshakes
// leave behind is as much as what connections take, and the collector would see no reason to look for it for minutes. When
// memory runs out it says so, and has those go that hold most.
type memory struct {
	limit    int64 // 0: none
	read     func() reading
	collect  func()
	release  func()
	relieve  func(bytes int)
	changed  func(from, to pressure, now reading)
	setPace  func(percent int) int
	pressure atomic.Int32

	// Only look touches what follows.
	last     reading
	relieved int64 // cycles when somebody had to go last
	unseen   int   // looks since the last cycle
	released int64 // allocated when memory was given back last
	paced    int   // what the collector was told last
}

func newMemory(limit int64, relieve func(bytes int), changed func(from, to pressure, now reading)) *memory {
	return &memory{limit: limit, read: readMemory, collect: runtime.GC, release: release, relieve: relieve, changed: changed, setPace: setPace(), paced: usualPace}
}

// release gives back what is free.
func release() {
	runtime.GC() // what waits in pools to be used again survives one collection
	debug.FreeOSMemory()
}

// watch looks until the end.
func (m *memory) watch(ctx context.Context) {
	timer := time.NewTimer(calmLook)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(m.look())
		}
	}
}

// is says whether it is as bad as that.
func (m *memory) is(level pressure) bool { return pressure(m.pressure.Load()) >= level }

// look does what is to be done now, and says when to look again.
func (m *memory) look() (next time.Duration) {
	now := m.read()
	if m.share(now.taken) >= watchedFrom || m.is(crowded) {
		m.keepPace(usualPace)
		m.last = m.press(now)
		return tenseLook
	}
	m.keepPace(pace(now.live, m.limit))
	m.tidy(&now)
	m.last = now
	return calmLook
}

// part is one of so many parts of the limit, for edge; 0: what is usual there, which is never exceeded.
func (m *memory) part(of int64) int { return int(min(m.limit/of, usual)) }

// share is a part of the limit, in per cent.
func (m *memory) share(bytes int64) int64 {
	if m.limit == 0 {
		return 0
	}
	return bytes * 100 / m.limit
}

// press finds out how bad it is, and does something about it. Of what was let go the collector finds no trace before it has
// begun a cycle after that; so it is not asked to go twice.
func (m *memory) press(now reading) reading {
	m.unseen++
	if now.cycles != m.last.cycles {
		m.unseen = 0
	}
	level := m.level(&now)
	if level >= heavy && now.cycles < m.relieved+2 || level >= crowded && m.unseen >= staleAfter {
		m.collect()
		now = m.read()
		level, m.unseen = m.level(&now), 0
	}
	if from := pressure(m.pressure.Swap(int32(level))); from != level {
		m.changed(from, level, now)
	}
	if most := m.limit / 100 * relievedTo; level >= heavy && now.kept > most {
		m.relieve(int(now.kept - most))
		m.relieved = now.cycles
	}
	return now
}

// level is how bad it is.
func (m *memory) level(now *reading) pressure {
	if m.share(now.taken) >= overdrawn {
		return full
	}
	switch kept := m.share(now.kept); {
	case kept >= fullFrom, kept >= fullFrom-better && m.is(full):
		return full
	case kept >= heavyFrom:
		return heavy
	case kept >= crowdedFrom, kept >= crowdedFrom-better && m.is(crowded):
		return crowded
	default:
		return relaxed
	}
}

// tidy gives memory back, if that is worth it and nobody is kept waiting by it: once for what was allocated.
func (m *memory) tidy(now *reading) {
	least := max(worthwhile, now.kept/partOfKept)
	if now.allocated-m.last.allocated > calmRate || now.spare < least || now.allocated-m.released < worthwhile {
		return
	}
	m.release()
	m.released = now.allocated
}
