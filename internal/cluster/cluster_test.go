package cluster_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

var me = cluster.Author{Principal: "me", Operation: "Test"}

func open(t *testing.T, dir string) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Open(t.Context(), cluster.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func put(t *testing.T, objects *cluster.Objects, key gateway.Key, value string) {
	t.Helper()
	if err := objects.Update(t.Context(), me, func(tx *cluster.Tx) error { return tx.Put(key, value) }); err != nil {
		t.Fatal(err)
	}
}

// list is a collection as text: ids and values in order.
func list(objects *cluster.Objects, collection gateway.Key) string {
	var text strings.Builder
	for _, object := range objects.List(collection) {
		var value string
		_ = json.Unmarshal(object.Value, &value) // what is no text shows as none
		fmt.Fprintf(&text, "%s=%s ", object.Key.ID(), value)
	}
	return text.String()
}

func TestObjectsSurviveAndKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	for _, id := range []string{"b", "a", "c"} {
		put(t, c.Objects(), gateway.Key("apis/"+id), "1")
	}
	put(t, c.Objects(), "apis/a", "2")
	put(t, c.Objects(), "apis/b/routes/r", "x")
	if err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error { tx.Delete("apis/c"); return nil }); err != nil {
		t.Fatal(err)
	}
	before := list(c.Objects(), "apis")
	if before != "b=1 a=2 " {
		t.Fatalf("objects: %s", before)
	}
	first := c.Incarnation()
	id := c.Sealer().Seal(gateway.Handle{Slot: 7})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if after := list(again.Objects(), "apis"); after != before {
		t.Errorf("after a restart: %s, before: %s", after, before)
	}
	if again.Incarnation() == first {
		t.Error("two starts have the same number")
	}
	if handle, ok := again.Sealer().Open(id); !ok || handle.Slot != 7 {
		t.Error("ids cannot be read after a restart")
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	c := open(t, t.TempDir())
	put(t, c.Objects(), "apis/a", "1")
	wrong := errors.New("wrong")
	var seen []gateway.Key
	err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error {
		if err := tx.Put("apis/b", "2"); err != nil {
			return err
		}
		if err := tx.Put("apis/a", "3"); err != nil {
			return err
		}
		tx.Delete("apis/b")
		for _, object := range tx.List("apis") {
			seen = append(seen, object.Key)
		}
		return wrong
	})
	if !errors.Is(err, wrong) || list(c.Objects(), "apis") != "a=1 " || len(seen) != 1 || seen[0] != "apis/a" {
		t.Errorf("%v; objects %s; seen inside %v", err, list(c.Objects(), "apis"), seen)
	}
}

func TestDeleteTakesWhatIsBelow(t *testing.T) {
	c := open(t, t.TempDir())
	var changed []gateway.Key
	c.Objects().Watch(func(keys []gateway.Key) { changed = append(changed, keys...) })
	for _, key := range []gateway.Key{"apis/a", "apis/a/routes/r", "apis/a/routes/r/routeresponses/x", "apis/ab", "apis/ab/routes/r"} {
		put(t, c.Objects(), key, "1")
	}
	changed = nil
	if err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error { tx.Delete("apis/a"); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := list(c.Objects(), "apis"); got != "ab=1 " {
		t.Errorf("left: %s", got)
	}
	if got := list(c.Objects(), "apis/a/routes"); got != "" {
		t.Errorf("left below: %s", got)
	}
	if len(changed) != 3 || changed[2] != "apis/a" {
		t.Errorf("watchers heard of %v", changed)
	}
}

// Many writers, readers and watchers at once: every write is there in the end, a reader never sees half of one or an older
// one after a newer, and a watcher hears of each write once it can be read.
func TestHammerObjects(t *testing.T) {
	const writers, each = 8, 20
	c := open(t, t.TempDir())
	objects := c.Objects()
	var group sync.WaitGroup
	var heard atomic.Uint64
	objects.Watch(func(keys []gateway.Key) {
		for _, key := range keys {
			if _, ok := objects.Get(key); !ok {
				t.Errorf("heard of %s before it was there", key)
			}
		}
		heard.Add(1)
	})
	for writer := range writers {
		group.Go(func() {
			for n := range each {
				err := objects.Update(t.Context(), me, func(tx *cluster.Tx) error {
					id := fmt.Sprintf("%d-%d", writer, n)
					_, again := tx.Get(gateway.Key("left/" + id))
					if again || len(tx.List("left")) != len(tx.List("right")) {
						t.Errorf("%s: seen half a write", id)
					}
					return errors.Join(tx.Put("credentials/last", n), tx.Put(gateway.Key("left/"+id), "x"), tx.Put(gateway.Key("right/"+id), "x"))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 200 {
				revision := objects.Revision()
				left := len(objects.List("left"))
				if right := len(objects.List("right")); right < left || left+1 < int(revision) {
					t.Errorf("at revision %d, %d on the left, later %d on the right", revision, left, right)
				}
				_, _ = objects.Get("credentials/last") // there or not, as the writers get on
			}
			objects.Watch(func([]gateway.Key) {})
		})
	}
	group.Wait()
	if n := len(objects.List("left")); n != writers*each || heard.Load() != writers*each || objects.Revision() != writers*each+1 {
		t.Errorf("%d objects, %d writes heard of, revision %d; want %d", n, heard.Load(), objects.Revision(), writers*each)
	}
}
