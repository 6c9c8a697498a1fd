//go:build linux

// Command load measures the whole server beside others: what an operation costs in processor time, how long it takes, and what an
// idle connection weighs. It prints a table of figures and one of targets.
//
//	cd test && go run ./load [-only mock,push] [-servers gangway,limit,nchan] [-rounds 3] [-scale 1] [-out samples.json]
//	cd test && go run ./load -only hold -hold 1000000
//	cd test && go run ./load -baseline HEAD~10 -only http
//	cd test && go run ./load -in samples.json -markdown
//	cd test && go run ./load -plot performance.svg -in samples.json
//
// The gateway is the real program in a process of its own, on loopback, on a folder that is thrown away. The figure that counts
// is CPU per operation: user and system time of all processes of the server over the run, from /proc, divided by the operations
// done; it bears a noisy machine far better than throughput or latency do. The load comes from a process of its own, too (package
// client). All servers run in the same invocation, by turns, round after round; compare within a run and not with figures of
// another day. Each run is bounded in count and time, and what was sent must have been received: a run that lost something says
// so and fails. Nothing is judged whose figures lie more than 30 per cent apart.
//
// "limit" is the barest epoll loop in Go that can do the work (package peer): the ratio to it needs neither a quiet machine nor
// other software. Servers that have to be installed, by peers.sh, are left out with a line where they are not. What is started
// ends with this program, however that ends. Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"gangway/test/load/client"
	"gangway/test/load/peer"
	"gangway/test/load/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// settings of a run.
type settings struct {
	rounds   int
	scale    float64
	only     string
	servers  string
	out      string
	gateway  string
	baseline string
	hold     int
	peers    string
	plot     string
	in       string
	markdown bool
	verbose  bool
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		if part, ok := parts[args[0]]; ok {
			return part(ctx, args[1:], out)
		}
	}
	var set settings
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&set.rounds, "rounds", 3, "how often each measurement is made; medians are printed")
	flags.Float64Var(&set.scale, "scale", 1, "part of the connections, messages and time; what is not 1 is not judged")
	flags.StringVar(&set.only, "only", "", "names of measurements, separated by commas: "+strings.Join(names(), ", ")+"; those that have targets, if none")
	flags.StringVar(&set.servers, "servers", "", "names of servers, separated by commas; all, if none")
	flags.StringVar(&set.out, "out", "", "file to write all samples to, as JSON")
	flags.StringVar(&set.gateway, "gateway", "", "a gateway that is built already; if none, it is built from this tree")
	flags.StringVar(&set.baseline, "baseline", "", "revision of the repository whose gateway runs along as \"baseline\"")
	flags.IntVar(&set.hold, "hold", 100_000, "how many connections the measurement hold opens")
	flags.StringVar(&set.peers, "peers", peersFolder(), "folder that peers.sh has installed servers to")
	flags.StringVar(&set.plot, "plot", "", "draw memory and CPU over connections as SVG to this file, and measure nothing; needs -in")
	flags.StringVar(&set.in, "in", "", "files of samples, separated by commas, to print the tables of, or to draw, and measure nothing")
	flags.BoolVar(&set.markdown, "markdown", false, "print tables as Markdown")
	flags.BoolVar(&set.verbose, "v", false, "show what the servers say on standard error")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			err = nil // that is what was asked for
		}
		return err
	}
	switch {
	case set.plot != "":
		return draw(&set)
	case set.in != "":
		return again(&set, out)
	}
	return measure(ctx, &set, out)
}

// parts are what this program is when it starts itself, by the first argument.
var parts = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"-keep": func(context.Context, []string, io.Writer) error {
		process.Keep(os.Stdin)
		return nil
	},
	"-loader": func(_ context.Context, args []string, out io.Writer) error {
		number := 0
		if len(args) > 0 {
			_, _ = fmt.Sscan(args[0], &number)
		}
		if _, err := fmt.Fprintln(out, "ready"); err != nil {
			return err
		}
		return client.Serve(int(os.Stdin.Fd()), out, number)
	},
	"-peer": func(ctx context.Context, args []string, out io.Writer) error {
		if len(args) != 4 {
			return errors.New("-peer NAME BACKEND CHAIN KEY")
		}
		return peer.Serve(ctx, args[0], peer.Options{Backend: args[1], Chain: args[2], Key: args[3]}, out)
	},
}

// wanted says whether a name is in a list, in which all are if it is empty.
func wanted(list, name string) bool {
	return list == "" || strings.Contains(","+list+",", ","+name+",")
}

// count is a number to the scale of the run.
func (s *settings) count(n int) int { return max(1, int(float64(n)*s.scale)) }
