package gangwaytest

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options say which Gangway to start. The zero value takes the one that $GANGWAY names, or else gangway in PATH.
type Options struct {
	Binary string   // the program
	Source string   // a folder with the source: the program is built of it, and Binary not looked at
	Args   []string // more of `gangway test-server`, such as --lambda-endpoint
}

// process is a running test server.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	client  *http.Client
	built   string // a folder to be removed

	mu  sync.Mutex // guards log
	log strings.Builder
}

// startTime is how long a server may take to say where it is.
const startTime = 30 * time.Second

// Open starts a server that ends with Close, or with this process.
func Open(ctx context.Context, o Options) (*Server, error) {
	p := &process{client: &http.Client{Transport: &http.Transport{}}}
	binary, err := p.binary(ctx, o)
	if err != nil {
		return nil, errors.Join(err, p.remove())
	}
	p.command = exec.CommandContext(context.WithoutCancel(ctx), binary, append([]string{"test-server"}, o.Args...)...)
	p.command.Stderr = p
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, errors.Join(err, p.remove())
	}
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, p.remove())
	}
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("gangway: %w", err), p.remove())
	}
	s := &Server{process: p}
	late := time.AfterFunc(startTime, func() { _ = p.command.Process.Kill() }) // the read then ends
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	late.Stop()
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		ended := s.Close()
		return nil, fmt.Errorf("gangway did not start: %w\n%s", errors.Join(err, ended), p.said())
	}
	return s, nil
}

// binary is the program to start.
func (p *process) binary(ctx context.Context, o Options) (path string, err error) {
	if o.Source == "" {
		path, err := exec.LookPath(cmp.Or(o.Binary, os.Getenv("GANGWAY"), "gangway"))
		if err != nil {
			err = fmt.Errorf("%w: say where gangway is by the variable GANGWAY or by Options.Binary, or have it built by Options.Source", err)
		}
		return path, err
	}
	if p.built, err = os.MkdirTemp("", "gangwaytest-"); err != nil {
		return "", err
	}
	path = filepath.Join(p.built, "gangway")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/gangway")
	build.Dir = o.Source
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("gangway: go build: %w\n%s", err, out)
	}
	return path, nil
}

// remove removes what was built.
func (p *process) remove() error {
	if p.built == "" {
		return nil
	}
	return os.RemoveAll(p.built)
}

// Write takes what the program says on standard error.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(text)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// endTime is how long a server may take to end.
const endTime = 10 * time.Second

// Close ends the server: it holds on to standard input.
func (s *Server) Close() error {
	p := s.process
	p.client.CloseIdleConnections()
	err := p.stdin.Close()
	late := time.AfterFunc(endTime, func() { _ = p.command.Process.Kill() }) // Wait says that it was
	defer late.Stop()
	return errors.Join(err, p.command.Wait(), p.remove())
}
