package edge_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// ids are those of the connections on a page.
func ids(page []edge.Listed) map[gateway.ConnectionID]bool {
	all := map[gateway.ConnectionID]bool{}
	for _, c := range page {
		all[c.ID] = true
	}
	return all
}

// TestPage: each connection is on one page; filters hold; what is closed, or of a stage that is gone, is on none.
func TestPage(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	all := make([]*client, 7)
	for i := range all {
		all[i] = n.connect(t, b)
	}
	what := edge.Selection{API: prod.API}
	for most := 1; most <= 8; most++ {
		seen := map[gateway.ConnectionID]int{}
		for from, pages := uint32(0), 0; ; pages++ {
			page, next, err := n.Page(t.Context(), what, from, most)
			if err != nil || len(page) > most || next != 0 && len(page) < most || pages > len(all) {
				t.Fatalf("page %d of %d: %d connections, next %d, %v", pages, most, len(page), next, err)
			}
			for id := range ids(page) {
				seen[id]++
			}
			if from = next; next == 0 {
				break
			}
		}
		for _, c := range all {
			if seen[c.id] != 1 {
				t.Errorf("pages of %d have %s %d times", most, c.id, seen[c.id])
			}
		}
	}
	for _, test := range []struct {
		name string
		what edge.Selection
		want int
	}{
		{"the stage", edge.Selection{API: prod.API, Stage: prod.Stage}, 7},
		{"another stage", edge.Selection{API: prod.API, Stage: "dev"}, 0},
		{"another API", edge.Selection{API: "other"}, 0},
		{"an address", edge.Selection{SourceIP: "127.0.0.1"}, 7},
		{"another address", edge.Selection{SourceIP: "192.0.2.1"}, 0},
		{"an id", edge.Selection{ID: all[3].id}, 1},
		{"an id and another API", edge.Selection{ID: all[3].id, API: "other"}, 0},
		{"no id", edge.Selection{ID: "x"}, 0},
		{"an id of no connection", edge.Selection{ID: "eHrdFcnvvHcCE-w="}, 0},
	} {
		page, next, err := n.Page(t.Context(), test.what, 0, 100)
		if err != nil || next != 0 || len(page) != test.want {
			t.Errorf("%s: %d connections, next %d, %v", test.name, len(page), next, err)
		}
	}
	all[0].Conn.Close(websocket.StatusNormal, "")
	b.next(t, gateway.EventDisconnect)
	page, _, err := n.Page(t.Context(), what, 0, 100)
	if err != nil || ids(page)[all[0].id] || len(page) != 6 {
		t.Errorf("%d connections, %v", len(page), err)
	}
	if page, next, err := n.Page(t.Context(), what, 1<<31, 100); err != nil || next != 0 || len(page) > 0 {
		t.Errorf("behind the end: %v, next %d, %v", page, next, err)
	}
	n.stages.Set(prod, nil, edge.Settings{})
	if page, _, err := n.Page(t.Context(), what, 0, 100); err != nil || len(page) > 0 {
		t.Errorf("of a stage that is gone: %v, %v", page, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, _, err := start(t, everything(b), edge.Config{}).Page(ended, what, 0, 1); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

// TestHammerPage pages through connections while others come and go.
func TestHammerPage(t *testing.T) {
	n := start(t, newAPI(), edge.Config{})
	const stay, come = 20, 60
	staying := make([]*client, stay)
	for i := range staying {
		staying[i] = n.connect(t, nil)
	}
	page, _, err := n.Page(t.Context(), edge.Selection{}, 0, 1000)
	if err != nil || len(page) != stay {
		t.Fatalf("%d connections, %v", len(page), err)
	}
	wanted := ids(page)
	done := make(chan struct{})
	var coming sync.WaitGroup
	coming.Go(func() {
		defer close(done)
		for range come {
			n.connect(t, nil).Conn.Close(websocket.StatusNormal, "")
		}
	})
	for rounds := 0; ; rounds++ {
		seen := map[gateway.ConnectionID]int{}
		for from := uint32(0); ; {
			page, next, err := n.Page(t.Context(), edge.Selection{}, from, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				seen[c.ID]++
			}
			if from = next; next == 0 {
				break
			}
		}
		for id := range wanted {
			if seen[id] != 1 {
				t.Fatalf("round %d has %s %d times", rounds, id, seen[id])
			}
		}
		select {
		case <-done:
			coming.Wait()
			return
		default:
		}
	}
}

// TestPageEnds: who has left is not looked for.
func TestPageEnds(t *testing.T) {
	n := start(t, newAPI(), edge.Config{})
	n.connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := n.Page(ctx, edge.Selection{}, 0, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
