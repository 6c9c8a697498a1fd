package cluster_test

import (
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// TestDeleteAll: what clients have made is gone, and ids of connections can still be read after a start.
func TestDeleteAll(t *testing.T) {
	dir := t.TempDir()
	c, err := cluster.Open(t.Context(), cluster.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	write := func(do func(*cluster.Tx) error) {
		t.Helper()
		if err := c.Objects().Update(t.Context(), cluster.Author{Principal: "p", Operation: "o"}, do); err != nil {
			t.Fatal(err)
		}
	}
	all := []gateway.Key{"apis/a", "apis/a/routes/r", "apis/b", "credentials/c", "account/own"}
	write(func(tx *cluster.Tx) error {
		for _, key := range all {
			if err := tx.Put(key, map[string]string{"secret": "s"}); err != nil {
				return err
			}
		}
		return nil
	})
	id := c.Sealer().Seal(gateway.Handle{Incarnation: 1, Slot: 2, Tag: 3})
	write(func(tx *cluster.Tx) error { tx.DeleteAll(); return nil })
	for _, key := range all {
		if _, ok := c.Objects().Get(key); ok {
			t.Errorf("%s is still there", key)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = cluster.Open(t.Context(), cluster.Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, ok := c.Sealer().Open(id); !ok || c.Incarnation() != 2 {
		t.Errorf("the key of ids is another, or starts are counted anew: %d", c.Incarnation())
	}
}
