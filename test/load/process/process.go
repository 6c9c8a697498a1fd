//go:build linux

// Package process runs servers, each in a session of its own, and says what all processes of it cost: processor time and memory,
// read from /proc. It knows nothing of what the servers do.
//
// What is started ends: by Stop, or with this process, however that ends (see Guard).
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	Path string
	Args []string
	Env  []string // added to this process's
	Dir  string
	// Log takes what the program says on standard error; nil: it goes where this process's goes.
	Log io.Writer
	// Quiet programs say nothing when they are ready: Start does not wait for a line.
	Quiet bool
}

// Group is a running program with the processes that it started: a session, since some put their children into other groups.
type Group struct {
	Stdin  io.WriteCloser
	Stdout *bufio.Reader
	// First is the line that the program began with.
	First string

	command *exec.Cmd
	guard   *Guard
	once    sync.Once
}

// Start runs a program and waits for its first line.
func (g *Guard) Start(ctx context.Context, c Command) (*Group, error) {
	command := exec.CommandContext(ctx, c.Path, c.Args...)
	command.Env, command.Dir, command.Stderr = append(os.Environ(), c.Env...), c.Dir, os.Stderr
	if c.Log != nil {
		command.Stderr = c.Log
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = patience
	stdin, err := command.StdinPipe()
	stdout, err2 := command.StdoutPipe()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &Group{Stdin: stdin, Stdout: bufio.NewReader(stdout), command: command, guard: g}
	g.watch(s)
	if c.Quiet {
		go func() { _, _ = io.Copy(command.Stderr, s.Stdout) }() // they say it there, if anything
		return s, nil
	}
	first, err := s.Stdout.ReadString('\n')
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s has ended: %w", c.Path, err)
	}
	s.First = strings.TrimSpace(first)
	return s, nil
}

// Drain reads away whatever else the program says.
func (s *Group) Drain() { go func() { _, _ = io.Copy(io.Discard, s.Stdout) }() }

// ID is the id of the program, of its group and of its session.
func (s *Group) ID() int { return s.command.Process.Pid }

// patience is how long a program may take to end when it is asked to.
const patience = 20 * time.Second

// Stop ends the program: it is asked to, then made to, and so is all that it started.
func (s *Group) Stop() { s.once.Do(s.stop) }

func (s *Group) stop() {
	_ = syscall.Kill(-s.ID(), syscall.SIGTERM)
	timer := time.AfterFunc(patience, func() { kill(s.ID()) })
	_ = s.Stdin.Close()
	_ = s.command.Wait() // how it ends does not matter any more
	timer.Stop()
	kill(s.ID()) // what it left behind
	s.guard.forget(s)
}
