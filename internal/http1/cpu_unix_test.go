//go:build unix

package http1_test

import (
	"syscall"
	"testing"
)

// cpuTime is what this process has used of the processors, in nanoseconds.
func cpuTime(tb testing.TB) int64 {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
