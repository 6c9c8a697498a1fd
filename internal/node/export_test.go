package node

import (
	"crypto/x509"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"time"

	"gangway/internal/cluster"
)

// Objects are the definitions, for what was stored by versions that checked less.
func (n *Node) Objects() *cluster.Objects { return n.shared.Objects() }

// Trust knows the signers in a folder.
func Trust(folder string, log *slog.Logger) func(name string) *x509.CertPool {
	t := &trust{folder: folder, log: log}
	return t.in
}

// MemoryOfCgroup is what a file system says of the memory that the process may have.
func MemoryOfCgroup(root fs.FS) int64 { return memoryOfCgroup(root) }

// LimitMemory has the process keep to a limit.
func LimitMemory(limit int64, log *slog.Logger) int64 { return limitMemory(limit, log) }

// Reading is what a process has of memory.
type Reading struct{ Taken, Kept, Spare, Allocated, Cycles, Live int64 }

func (r Reading) reading() reading {
	return reading{taken: r.Taken, kept: r.Kept, spare: r.Spare, allocated: r.Allocated, cycles: r.Cycles, live: r.Live}
}

// ReadMemory is what this process has.
func ReadMemory() Reading {
	r := readMemory()
	return Reading{r.taken, r.kept, r.spare, r.allocated, r.cycles, r.live}
}

// Memory looks after the memory of a process that does not exist.
type Memory struct {
	m   *memory
	now Reading
	did []string
}

// NewMemory is that of a process that may have so much.
func NewMemory(limit int64) *Memory {
	t := new(Memory)
	note := func(format string, values ...any) { t.did = append(t.did, fmt.Sprintf(format, values...)) }
	t.m = newMemory(limit, func(bytes int) { note("relieve %d", bytes>>20) }, func(_, to pressure, _ reading) { note("%d", int(to)) })
	t.m.read = func() reading { return t.now.reading() }
	t.m.release = func() { note("release") }
	t.m.setPace = func(percent int) int {
		note("pace %d", percent)
		return 0
	}
	t.m.collect = func() {
		note("collect")
		t.now.Cycles++
	}
	return t
}

// Look has it look at a reading.
func (t *Memory) Look(now Reading) time.Duration {
	t.now = now
	return t.m.look()
}

// Did is what was done so far.
func (t *Memory) Did() string { return strings.Join(t.did, ", ") }

// Pressures of memory.
const (
	Relaxed = int32(relaxed)
	Crowded = int32(crowded)
	Full    = int32(full)
)

// Press has the node believe that its memory is so near its end.
func (n *Node) Press(level int32) { n.memory.pressure.Store(level) }

// Reserving is a listener that takes connections while descriptors below most are free.
func Reserving(l net.Listener, most int) net.Listener {
	r := reserveFrom(1<<30, l)
	r.most = most
	return r
}

// ClientsWithin is how many clients there may be with so many descriptors.
func ClientsWithin(limit int) int { return clientsWithin(limit) }
