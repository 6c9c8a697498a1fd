//go:build unix

package node

import "syscall"

// limitOfDescriptors is RLIMIT_NOFILE.
func limitOfDescriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 1 << 30
	}
	return int(limit.Cur)
}
