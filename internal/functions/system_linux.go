package functions

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// ownGroup puts a process into a group of its own, that ends when we do.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// peak is the most memory a process has had, in MB.
func peak(pid int, state *os.ProcessState) int {
	if state != nil {
		usage, ok := state.SysUsage().(*syscall.Rusage)
		if !ok {
			return 0
		}
		return int(usage.Maxrss >> 10)
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	number, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	kilobytes, err := strconv.Atoi(string(number))
	if err != nil {
		return 0
	}
	return kilobytes >> 10
}
