//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// stat are the fields of proc_pid_stat(5) from the third on.
func stat(pid string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may have blanks
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return nil, errors.New("/proc has another form here")
	}
	return fields, nil
}

// members are the ids of all processes in a session.
func members(session int) ([]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var members []string
	wanted := strconv.Itoa(session)
	for _, entry := range entries {
		if name := entry.Name(); name[0] >= '0' && name[0] <= '9' {
			if fields, err := stat(name); err == nil && fields[3] == wanted && fields[0] != "Z" {
				members = append(members, name)
			}
		}
	}
	if len(members) == 0 {
		return nil, errors.New("the server has ended")
	}
	return members, nil
}

// sum adds up a figure over the processes of the group. One that has just ended counts for nothing.
func (s *Group) sum(of func(pid string) (int, error)) (int, error) {
	members, err := members(s.ID())
	total := 0
	for _, pid := range members {
		n, err := of(pid)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
			return 0, err
		}
		total += n
	}
	return total, err
}

// CPU is the user and system time that the group has taken: of each process the clock that clock_getcpuclockid(3) has, which counts
// nanoseconds and the threads that have ended, where /proc counts hundredths of a second.
func (s *Group) CPU() (time.Duration, error) {
	taken, err := s.sum(func(pid string) (int, error) {
		id, err := strconv.Atoi(pid)
		if err != nil {
			return 0, err
		}
		var at syscall.Timespec
		_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(cpuClock(id)), uintptr(unsafe.Pointer(&at)), 0)
		switch errno {
		case 0:
			return int(at.Nano()), nil
		case syscall.EINVAL: // there is no such process any more
			return 0, syscall.ESRCH
		default:
			return 0, errno
		}
	})
	return time.Duration(taken), err
}

// cpuClock is the kernel's number for the clock of the processor time of a process: its id, inverted, and CPUCLOCK_SCHED.
func cpuClock(pid int) int32 { return ^int32(pid)<<3 | 2 }

// Memory is the user memory of the group: its share of what is resident without what is mapped from files.
func (s *Group) Memory() (int, error) {
	return s.sum(func(pid string) (int, error) {
		return field(filepath.Join("/proc", pid, "smaps_rollup"), "Pss_Anon:", "Pss_Shmem:")
	})
}

// Resident is what is resident, programs and libraries included.
func (s *Group) Resident() (int, error) {
	return s.sum(func(pid string) (int, error) { return field(filepath.Join("/proc", pid, "status"), "VmRSS:") })
}

// Peak is the most that was ever resident, of each process for itself.
func (s *Group) Peak() (int, error) {
	return s.sum(func(pid string) (int, error) { return field(filepath.Join("/proc", pid, "status"), "VmHWM:") })
}

// Settled is the memory of the group once it does not shrink any more, or when patience is over.
func (s *Group) Settled(ctx context.Context, patience time.Duration) (int, error) {
	const pause, calm = 500 * time.Millisecond, 5 // readings in a row that were not smaller
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	least, quiet := 0, 0
	for end := time.Now().Add(patience); ; {
		now, err := s.Memory()
		if err != nil {
			return 0, err
		}
		// Less than half a per cent is no shrinking.
		if quiet++; least == 0 || now < least-least/200 {
			least, quiet = now, 0
		}
		if quiet >= calm || time.Now().After(end) {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
		}
	}
}

// Machine is a figure of /proc/meminfo, in bytes.
func Machine(name string) (int, error) { return field("/proc/meminfo", name+":") }

// field adds up fields of a file of lines "name: value kB".
func field(path string, names ...string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	total, found := 0, 0
	for line := range strings.Lines(string(text)) {
		for _, name := range names {
			value, ok := strings.CutPrefix(line, name)
			if !ok {
				continue
			}
			kilobytes, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			if err != nil {
				return 0, fmt.Errorf("%s: %w", path, err)
			}
			total, found = total+kilobytes<<10, found+1
		}
	}
	if found == 0 {
		return 0, fmt.Errorf("%s has no %s", path, names)
	}
	return total, nil
}
