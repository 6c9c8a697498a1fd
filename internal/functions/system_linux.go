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

// killStrays ends what a process has started and what has left its group since, such as a daemon. All of these have the name
// of its log stream in their environment, unless they were given another one; there is no second process of this name.
func killStrays(stream string) {
	const rounds = 3 // they may start others meanwhile
	for range rounds {
		if !killNamed([]byte("\x00AWS_LAMBDA_LOG_STREAM_NAME=" + stream + "\x00")) {
			return
		}
	}
}

// killNamed ends the processes with a variable, and says whether there were any.
func killNamed(variable []byte) (found bool) {
	eachProcess(func(pid int, environment []byte) {
		if bytes.Contains(environment, variable) {
			found = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // it has ended if this fails
		}
	})
	return found
}

// eachProcess shows the variables of all processes that may be seen, each with a zero before and behind it.
func eachProcess(look func(pid int, environment []byte)) {
	proc, err := os.Open("/proc")
	if err != nil {
		return
	}
	names, _ := proc.Readdirnames(-1) // those that were read before an error
	_ = proc.Close()                  // only read
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		environment, err := os.ReadFile("/proc/" + name + "/environ") // of others it cannot be read
		if err == nil {
			look(pid, append([]byte{0}, environment...))
		}
	}
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
