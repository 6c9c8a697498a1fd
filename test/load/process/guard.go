//go:build linux

package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Guard starts programs and sees to it that they end. A second process knows the ids of all groups and kills them when this one is
// gone, even if it was killed itself.
type Guard struct {
	mu     sync.Mutex
	groups map[*Group]bool
	told   io.WriteCloser
	keeper *exec.Cmd
}

// NewGuard starts the keeper: this very program, which has to call Keep when it is given the argument.
func NewGuard(ctx context.Context, argument string) (*Guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	keeper := exec.CommandContext(context.WithoutCancel(ctx), self, argument) // it has to outlive all others
	keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}                  // Ctrl-C is not for it
	told, err := keeper.StdinPipe()
	if err == nil {
		err = keeper.Start()
	}
	return &Guard{groups: map[*Group]bool{}, told: told, keeper: keeper}, err
}

// Close stops everything.
func (g *Guard) Close() {
	g.mu.Lock()
	var left []*Group
	for s := range g.groups {
		left = append(left, s)
	}
	g.mu.Unlock()
	var all sync.WaitGroup
	for _, s := range left {
		all.Go(s.Stop)
	}
	all.Wait()
	_ = g.told.Close()
	_ = g.keeper.Wait()
}

func (g *Guard) watch(s *Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.groups[s] = true
	_, _ = fmt.Fprintln(g.told, s.ID()) // without a keeper there is still Close
}

// Discard has a folder removed when all has ended.
func (g *Guard) Discard(folder string) { _, _ = fmt.Fprintln(g.told, folder) }

func (g *Guard) forget(s *Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.groups[s] {
		delete(g.groups, s)
		_, _ = fmt.Fprintln(g.told, -s.ID())
	}
}

// Keep is what the keeper does: it reads ids of sessions to be ended, or, negative, to be left alone, and folders to be removed,
// until there are no more.
func Keep(lines io.Reader) {
	groups := map[int]bool{}
	var folders []string
	for lines := bufio.NewScanner(lines); lines.Scan(); {
		id, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		switch {
		case err != nil:
			folders = append(folders, lines.Text())
		case id > 0:
			groups[id] = true
		default:
			delete(groups, -id)
		}
	}
	for id := range groups {
		_ = syscall.Kill(-id, syscall.SIGTERM)
	}
	if len(groups) > 0 {
		<-time.After(2 * time.Second)
	}
	for id := range groups {
		kill(id)
	}
	for _, folder := range folders {
		_ = os.RemoveAll(folder)
	}
}

// kill kills all processes of a session.
func kill(session int) {
	members, err := members(session)
	if err != nil {
		return // there are none
	}
	for _, member := range members {
		if id, err := strconv.Atoi(member); err == nil {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	}
}
