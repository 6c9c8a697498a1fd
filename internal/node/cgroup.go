package node

import (
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// memoryOfCgroup is how much memory the process may have by the cgroups it is in (cgroups(7)), the least of what is said on
// the way up; 0: nothing is said. The files are those of a system whose root is given.
func memoryOfCgroup(root fs.FS) int64 {
	mounts, _ := fs.ReadFile(root, "proc/self/mountinfo") // on a system that has no such files nothing is said
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		hierarchy, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		for mount := range strings.Lines(string(mounts)) {
			switch {
			case hierarchy == "0" && controllers == "":
				least = min(least, leastLimit(root, mount, "cgroup2", "", group, "memory.max"))
			case slices.Contains(strings.Split(controllers, ","), "memory"):
				least = min(least, leastLimit(root, mount, "cgroup", "memory", group, "memory.limit_in_bytes"))
			}
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}

// leastLimit is the least limit of a group and those above it, if a line of mountinfo (proc_pid_mountinfo(5)) mounts them.
func leastLimit(root fs.FS, mount, kind, controller, group, file string) int64 {
	least := int64(math.MaxInt64)
	before, after, _ := strings.Cut(mount, " - ")
	fields, source := strings.Fields(before), strings.Fields(after)
	if len(fields) < 5 || len(source) < 3 || source[0] != kind ||
		controller != "" && !slices.Contains(strings.Split(source[2], ","), controller) {
		return least
	}
	top, under := strings.TrimPrefix(fields[4], "/"), ""
	if within, ok := strings.CutPrefix(group, strings.TrimSuffix(fields[3], "/")); ok && (within == "" || within[0] == '/') {
		under = path.Clean("/" + within)
	} // else it is out of sight, as in a container that sees its own part only: that is at the top
	for folder := path.Join(top, under); ; folder = path.Dir(folder) {
		if limit, ok := readLimit(root, path.Join(folder, file)); ok {
			least = min(least, limit)
		}
		if len(folder) <= len(top) {
			return least
		}
	}
}

// unlimited is less than what a limit of version 1 is where there is none: as many pages as a machine can count.
const unlimited = 1 << 60

func readLimit(root fs.FS, file string) (limit int64, ok bool) {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, false
	}
	limit, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number, and no limit
	return limit, err == nil && limit > 0 && limit < unlimited
}
