package edge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
)

// A retry that comes while the first is under way waits for it; one that loses patience meanwhile is not delivered either.
func TestConcurrentRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := edge.NewDeliveries()
		p := gateway.Push{To: "R0oXAdfD0kwCH6w=", Invocation: "k/1"}
		sent, proceed, results := 0, make(chan error), make(chan error, 3)
		send := func() error {
			sent++
			return <-proceed
		}
		go func() { results <- memory.Once(t.Context(), &p, send) }()
		synctest.Wait()
		go func() { results <- memory.Once(t.Context(), &p, send) }()
		hasty, cancel := context.WithCancel(t.Context())
		go func() { results <- memory.Once(hasty, &p, send) }()
		synctest.Wait()
		cancel()
		wantKind(t, "the hasty retry", <-results, context.Canceled)
		proceed <- gateway.Errorf(gateway.ErrTooMany, "") // the first fails: the second sends itself
		wantKind(t, "the first", <-results, gateway.ErrTooMany)
		proceed <- nil
		if err := <-results; err != nil || sent != 2 {
			t.Errorf("got %v after %d sendings, want success after 2", err, sent)
		}
		if err := memory.Once(t.Context(), &p, send); err != nil || sent != 2 {
			t.Errorf("got %v after %d sendings: a delivered push was sent again", err, sent)
		}
	})
}

// A delivered push is known for a minute at least and for two at most.
func TestForgetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := edge.NewDeliveries()
		sent := 0
		once := func(invocation string) {
			t.Helper()
			err := memory.Once(t.Context(), &gateway.Push{Invocation: invocation}, func() error {
				sent++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, age := range []time.Duration{0, time.Second, 30 * time.Second, 59 * time.Second} {
			sent = 0
			once(age.String())
			pass(t, age)
			once(age.String())
			if sent != 1 {
				t.Errorf("after %v: sent %d times, want once", age, sent)
			}
		}
		sent = 0
		once("old")
		pass(t, 2*time.Minute)
		once("old")
		if sent != 2 {
			t.Errorf("after 2 minutes: sent %d times, want twice", sent)
		}
	})
}

// pass lets the bubble's clock go on.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}

// A panic while sending lets nobody wait for ever.
func TestPanicWhileSending(t *testing.T) {
	memory := edge.NewDeliveries()
	p := gateway.Push{Invocation: "k/1"}
	func() {
		defer func() { _ = recover() }()
		_ = memory.Once(t.Context(), &p, func() error { panic("a bug") })
	}()
	sent := false
	if err := memory.Once(t.Context(), &p, func() error { sent = true; return nil }); err != nil || !sent {
		t.Errorf("got %v, sent: %v", err, sent)
	}
}
