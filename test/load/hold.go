//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"gangway/test/load/client"
	"gangway/test/load/process"
)

// holdTime is how long connections have to be held.
const holdTime = 60 * time.Second

// reserve is the memory that must be left to others.
const reserve = 1 << 30

// holdMeasurement opens as many connections as are wanted, over as many processes of the server as that takes.
func holdMeasurement(set *settings) measurement {
	processes := (set.count(set.hold) + fullProcess - 1) / fullProcess
	return measurement{
		name: fmt.Sprintf("hold%dk", set.hold/1000), title: fmt.Sprintf("connection held for %s, %d of them in %d processes", holdTime, set.count(set.hold), processes),
		processes: processes, once: true, run: hold,
	}
}

func hold(ctx context.Context, r *running) error {
	n := r.set.count(r.set.hold)
	share := func(i int) int { return n*(i+1)/len(r.servers) - n*i/len(r.servers) }
	before, err := r.weighed()
	if err != nil {
		return err
	}
	for i := range r.servers {
		one := *r
		one.servers, one.bench = r.servers[i:i+1], r.from(i)
		if _, err := one.timed(ctx, one.dialing(share(i))); err != nil {
			return err
		}
		if i == 0 {
			if err := r.affordable(before, n, share(0)); err != nil {
				return err
			}
		}
	}
	if err := r.rest(ctx); err != nil {
		return err
	}
	after, err := r.weighed()
	if err != nil {
		return err
	}
	v := r.sample.Values
	v[total] = float64(after.server - before.server)
	v[base] = float64(before.server)
	v[memory] = v[total] / float64(n)
	v[kernelBytes] = float64(after.slab-before.slab) / float64(n)
	return r.alive(ctx, n)
}

// from is the bench without the first loaders.
func (r *running) from(i int) *bench {
	b := *r.bench
	b.loaders = b.loaders[i:]
	return &b
}

// rest waits as long as connections are to be held, and notes what the servers do meanwhile.
func (r *running) rest(ctx context.Context) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.while(holdTime)):
	}
	after, err := r.cpu()
	r.sample.Values[idleCores] = (after - before).Seconds() / time.Since(began).Seconds()
	return err
}

// alive has every connection send a message and get its answer, and counts those that are gone.
func (r *running) alive(ctx context.Context, n int) error {
	status, err := r.do(ctx, func(*server) client.Order { return client.Order{Do: "status"} })
	if err != nil {
		return err
	}
	if status.Dropped > 0 {
		_, _ = fmt.Fprintf(r.out, "hold: %d connections were dropped; the last: %s\n", status.Dropped, status.Why)
	}
	r.sample.Values[drops] = float64(max(n-status.Open, status.Dropped))
	if status.Open < n {
		return nil
	}
	_, err = r.do(ctx, func(*server) client.Order {
		return client.Order{Do: "talk", Text: message("mock"), Ops: fullProcess, Time: time.Minute, Once: true}
	})
	return err
}

// weights are memory in use, in bytes: of the servers, of the loaders, and of the kernel for everything.
type weights struct{ server, loader, slab int }

func (r *running) weighed() (w weights, err error) {
	if w.server, err = r.total(func(s *server) (int, error) { return s.Memory() }); err != nil {
		return w, err
	}
	for _, l := range r.loaders {
		n, err := l.Memory()
		if err != nil {
			return w, err
		}
		w.loader += n
	}
	w.slab, err = process.Machine("Slab")
	return w, err
}

// socketBytes is about what the kernel takes for the two sockets of a connection on loopback.
const socketBytes = 8_000

// affordable says what all connections will take, from what the first did, and whether the machine has it.
func (r *running) affordable(before weights, n, first int) error {
	now, err := r.weighed()
	if err != nil {
		return err
	}
	available, err := process.Machine("MemAvailable")
	if err != nil {
		return err
	}
	each := max(socketBytes, (now.slab-before.slab)/first) + (now.server-before.server+now.loader-before.loader)/first
	needed := each * (n - first)
	_, _ = fmt.Fprintf(r.out, "hold: %d connections more need about %d MB, of %d MB available\n", n-first, needed>>20, available>>20)
	if needed+reserve > available {
		return fmt.Errorf("%d connections more need %d MB and a reserve of %d MB, but %d MB are available", n-first, needed>>20, reserve>>20, available>>20)
	}
	return nil
}
