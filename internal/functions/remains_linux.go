package functions

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ownName is a name that no other host has, nor will have while this machine is up: its process, when that was started, and where its
// number counts. Processes of containers are seen from outside of them, with other numbers.
func ownName() string {
	pid := os.Getpid()
	return numbering() + "." + strconv.Itoa(pid) + "." + startOf(pid)
}

// numbering is the namespace of the numbers of processes; empty: the system does not say.
func numbering() string {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.Trim(link, "pid:[]")
}

// startOf is when a process was started, in ticks since the system was; empty: it is not there. Its name, which comes before that and may have
// anything in it, ends at the last parenthesis (proc_pid_stat(5)).
func startOf(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const state, start = 3, 22
	if len(fields) <= start-state || fields[0] == "Z" {
		return ""
	}
	return fields[start-state]
}

// abandoned says of the name of a host that it has ended. Of one whose number counts elsewhere nothing is known.
func abandoned(name string) bool {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] == "" || parts[0] != numbering() || parts[2] == "" {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	return err == nil && startOf(pid) != parts[2]
}

// sweep takes away what is left of hosts that were killed: processes that functions had started, and folders.
func sweep() {
	mark := []byte("\x00" + hostVariable + "=")
	eachProcess(func(pid int, environment []byte) {
		_, after, has := bytes.Cut(environment, mark)
		name, _, _ := bytes.Cut(after, []byte{0})
		if has && abandoned(string(name)) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it has ended if this fails
		}
	})
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderName+"*")) // the pattern is right, and what cannot be read is not there
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		if err != nil || !info.IsDir() || !isOwn(info) {
			continue
		}
		if name, err := os.ReadFile(filepath.Join(folder, ownerFile)); err == nil && abandoned(string(name)) {
			_ = os.RemoveAll(folder) // the next one tries again
		}
	}
}

// isOwn says that a file belongs to who this process runs as.
func isOwn(info os.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}
