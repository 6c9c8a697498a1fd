package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/ledger"
)

// scribble is the process that is killed: many goroutines owe and settle for ever, and say so: "+id" once an entry is durable,
// "-id" before it is settled.
func scribble(dir string) int {
	l, err := ledger.Open(context.Background(), config(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var saying sync.Mutex
	say := func(what string, id gateway.ConnectionID) {
		saying.Lock()
		defer saying.Unlock()
		if _, err := os.Stdout.WriteString(what + string(id) + "\n"); err != nil {
			os.Exit(3)
		}
	}
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := 0; ; i++ {
				e := entry(w<<24 | i)
				if err := l.Owe(context.Background(), e); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				say("+", e.Connection.ID)
				if i%3 == 0 {
					say("-", e.Connection.ID)
					l.Settle(e.Connection.ID)
				}
			}
		})
	}
	wait.Wait()
	return 0
}

// A writer is killed at random moments. Each entry that it was told to be durable, and has not begun to settle, is there.
func TestKill(t *testing.T) {
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	var dir string
	acknowledged := 0
	for round := range rounds {
		if round%5 == 0 {
			dir = t.TempDir()
		}
		owed := killed(t, dir)
		acknowledged += len(owed)
		b := open(t, config(dir))
		told := b.run(t, fine)
		b.settled(t, 0)
		told.stop()
		close(told.entries)
		for e := range told.entries {
			delete(owed, string(e.Connection.ID))
		}
		if f := b.Figures(); len(owed) > 0 || f.Damaged > 0 {
			t.Fatalf("round %d: %d entries are lost: %+v", round, len(owed), f)
		}
		b.close(t)
	}
	t.Logf("%d kills, %d entries", rounds, acknowledged)
	if acknowledged == 0 {
		t.Error("nothing was written")
	}
}

// killed has a writer killed, and returns what it was told to be durable.
func killed(t *testing.T, dir string) map[string]bool {
	t.Helper()
	cmd := command(t, nil, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines, owed := bufio.NewScanner(out), map[string]bool{}
	least := 1 + rand.IntN(400)
	for seen := 0; lines.Scan(); seen++ {
		id := lines.Text()[1:]
		if strings.HasPrefix(lines.Text(), "+") {
			owed[id] = true
		} else {
			delete(owed, id)
		}
		if seen == least {
			go func() {
				<-time.After(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
				_ = cmd.Process.Kill() // as kill -9 does
			}()
		}
	}
	_ = cmd.Wait() // it was killed
	return owed
}
