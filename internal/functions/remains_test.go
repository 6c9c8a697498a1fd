//go:build linux

package functions_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// TestRemains: what a host that was killed has left is taken away by the next one: a process that had left its group, and a folder of
// runtimes. What belongs to a host that is there, or that is not known, stays.
func TestRemains(t *testing.T) {
	need(t, "setsid")
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	ids := make([][2]int, 2)
	hosts := make([]*exec.Cmd, 2)
	for i := range ids {
		host, body := startParent(t, native(t, "echo", "detach").Dir, "detach")
		if err := json.Unmarshal([]byte(body), &ids[i]); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		t.Cleanup(func() {
			_ = host.Process.Kill()
			_ = host.Wait() // killed
			if !dead(ids[i][1]) {
				kill(t, ids[i][1])
			}
		})
		hosts[i] = host
		put(t, filepath.Join(temporary, "gangway-functions-"+strconv.Itoa(i), "host"), nameOfHost(t, ids[i][1]))
	}
	kill(t, hosts[0].Process.Pid)
	_ = hosts[0].Wait() // killed
	for name, text := range map[string]string{"other": "", "unknown": "nobody", "elsewhere": "1.999999999.1"} {
		put(t, filepath.Join(temporary, "gangway-functions-"+name, "host"), text)
	}
	if dead(ids[0][1]) {
		t.Fatalf("%d has ended by itself", ids[0][1])
	}
	newStand(t, functions.Config{}, native(t, "echo", "echo")).ok("echo", "1")
	gone(t, ids[0][1])
	late := time.After(patience)
	for first := filepath.Join(temporary, "gangway-functions-0"); ; {
		if _, err := os.Stat(first); err != nil {
			break
		}
		select {
		case <-late:
			t.Fatal("the folder of a host that was killed is still there")
		case <-time.After(time.Millisecond):
		}
	}
	if dead(ids[1][1]) || dead(hosts[1].Process.Pid) {
		t.Error("what another host has was ended")
	}
	for _, name := range []string{"1", "other", "unknown", "elsewhere"} {
		if _, err := os.Stat(filepath.Join(temporary, "gangway-functions-"+name)); err != nil {
			t.Error(err)
		}
	}
}

// nameOfHost is what a process has in its environment of who runs it, once it has one.
func nameOfHost(t *testing.T, pid int) string {
	t.Helper()
	for late := time.After(patience); ; {
		environment, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		for variable := range strings.SplitSeq(string(environment), "\x00") {
			if name, is := strings.CutPrefix(variable, "GANGWAY_HOST="); is {
				return name
			}
		}
		select {
		case <-late:
			t.Fatalf("%d does not know who runs it", pid)
		case <-time.After(time.Millisecond):
		}
	}
}
