package program_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/program"
)

// TestPatience: what ends a call ends it whether or not somebody has asked to be told, and is called the same.
func TestPatience(t *testing.T) {
	type act func(cancel context.CancelFunc, stop func())
	for name, c := range map[string]struct {
		most time.Duration
		end  act
		want error
	}{
		"its time is over":      {time.Second, func(context.CancelFunc, func()) { <-time.After(time.Second) }, context.DeadlineExceeded},
		"not yet":               {time.Second, func(context.CancelFunc, func()) { <-time.After(999 * time.Millisecond) }, nil},
		"the parent's time":     {time.Hour, func(context.CancelFunc, func()) { <-time.After(time.Minute) }, context.DeadlineExceeded},
		"the parent is ended":   {time.Second, func(cancel context.CancelFunc, _ func()) { cancel() }, context.Canceled},
		"it is ended":           {time.Second, func(_ context.CancelFunc, stop func()) { stop() }, context.Canceled},
		"ended, and later over": {time.Second, func(_ context.CancelFunc, stop func()) { stop(); <-time.After(10 * time.Second) }, context.Canceled},
	} {
		for _, asked := range []string{"before", "after", "derived"} {
			t.Run(name+", asked "+asked, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					parent, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					ctx, stop := program.NewPatience(parent, c.most)
					defer stop()
					asking := ctx
					switch asked {
					case "before":
						_ = ctx.Done()
					case "derived":
						var end context.CancelFunc
						asking, end = context.WithCancel(ctx)
						defer end()
					}
					c.end(cancel, stop)
					synctest.Wait()
					if err := asking.Err(); !errors.Is(err, c.want) {
						t.Errorf("got %v, want %v", err, c.want)
					}
					select {
					case <-asking.Done():
						if c.want == nil {
							t.Error("done")
						}
					default:
						if c.want != nil {
							t.Error("not done")
						}
					}
				})
			})
		}
	}
}
