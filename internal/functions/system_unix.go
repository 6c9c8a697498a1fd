//go:build unix

package functions

import (
	"os"
	"strconv"
	"syscall"
)

// killGroup ends a process and all that is in its group.
func killGroup(child *os.Process) {
	_ = syscall.Kill(-child.Pid, syscall.SIGKILL) // the group is empty if this fails
}

// limited is a command with a limit on its data segment. Addresses are not limited: JavaScript engines and Go reserve more
// than they will ever use.
func limited(cmd *command, megabytes int) *command {
	const shell = "/bin/sh"
	if _, err := os.Stat(shell); err != nil {
		return cmd
	}
	limit := strconv.Itoa((megabytes + headroom) << 10)
	script := `ulimit -d "$0" 2>/dev/null; exec "$@"`
	cmd.args = append([]string{"-c", script, limit, cmd.path}, cmd.args...)
	cmd.path = shell
	return cmd
}

// headroom is what libraries map and never touch, in MB, such as the stacks of threads.
const headroom = 256
