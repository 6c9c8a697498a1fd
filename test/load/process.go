package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own.
type process struct {
	command *exec.Cmd
}

// start runs a program, and returns what it says first.
func start(ctx context.Context, path string, args ...string) (*process, string, error) {
	command := exec.CommandContext(ctx, path, args...)
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := command.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("%s has ended: %w", path, err), command.Wait())
	}
	go func() { _, _ = lines.WriteTo(discard{}) }()
	return &process{command}, strings.TrimSpace(first), nil
}

type discard struct{}

// Write implements io.Writer.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// stop ends the process.
func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt)
	timer := time.AfterFunc(30*time.Second, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	_ = p.command.Wait() // how it ends does not matter any more
}

// tick is the unit of times in /proc: USER_HZ, which is 100 on all that Linux runs on.
const tick = 10 * time.Millisecond

// cpu is the user and system time that the process has taken: proc_pid_stat(5), fields 14 and 15.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may have blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc has another form here")
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, errors.Join(err, err2)
}

// ownCPU is the user and system time of this process, the loader.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memory is the resident memory of the process once it rests: read until it stops growing.
func (p *process) memory(ctx context.Context) (int, error) {
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	last := -1
	for range 10 {
		now, err := p.resident()
		if err != nil || now == last {
			return now, err
		}
		last = now
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
		}
	}
	return last, nil
}

func (p *process) resident() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("/proc has no VmRSS")
}
