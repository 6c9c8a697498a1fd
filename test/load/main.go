// Command load measures the whole server: what an operation costs in CPU, how long it takes, and what an idle connection
// weighs. It prints a table.
//
//	cd test && go run ./load [-rounds 3] [-only mock,push] [-scale 1]
//
// The server is the real program in a process of its own, on loopback, on a folder that is thrown away. The figure that
// counts is CPU per operation: user and system time of the server process over the run, from /proc, divided by the operations
// done; it bears a noisy machine far better than throughput or latency do. The load comes from this process, from many
// addresses 127.0.0.x. Beside the gateway run echo servers with nothing but an echo in them, in the same invocation, by
// turns; compare with those and not with figures of another day. Each run is bounded in count, and what was sent must have
// been received: a run that lost something says so and fails. Linux only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// settings of a run.
type settings struct {
	rounds int
	scale  float64
	only   string
	peer   string
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var set settings
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&set.rounds, "rounds", 3, "how often each measurement is made; medians are printed")
	flags.Float64Var(&set.scale, "scale", 1, "part of the connections and messages")
	flags.StringVar(&set.only, "only", "", "names of measurements, separated by commas; all, if none")
	flags.StringVar(&set.peer, "peer", "", "be an echo server instead: raw, gorilla or coder")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if set.peer != "" {
		return servePeer(ctx, set.peer, out)
	}
	results, err := measure(ctx, set, out)
	if err != nil {
		return err
	}
	show(out, results)
	for _, r := range results {
		if r.lost() > 0 {
			return fmt.Errorf("%s of %s lost %d of %d", r.work, r.server, r.lost(), r.runs[0].ops)
		}
	}
	return nil
}

// wanted says whether a measurement is to be made.
func (s *settings) wanted(name string) bool {
	return s.only == "" || strings.Contains(","+s.only+",", ","+name+",")
}

// count is a number to the scale of the run.
func (s *settings) count(n int) int { return max(1, int(float64(n)*s.scale)) }
