package cluster_test

import (
	"bytes"
	"context"
	"testing"

	"gangway/internal/cluster"
)

// What is made of the key is the same after a restart, another for each purpose, and another in each folder.
func TestDerive(t *testing.T) {
	derive := func(dir, purpose string) []byte {
		c, err := cluster.Open(context.Background(), cluster.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
		return c.Derive(purpose)
	}
	dir := t.TempDir()
	first := derive(dir, "a")
	if len(first) != 32 || !bytes.Equal(first, derive(dir, "a")) {
		t.Errorf("%d bytes, and others after a restart", len(first))
	}
	if bytes.Equal(first, derive(dir, "b")) || bytes.Equal(first, derive(t.TempDir(), "a")) {
		t.Error("the same for something else")
	}
}
