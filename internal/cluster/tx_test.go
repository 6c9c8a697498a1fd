package cluster_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// A key that was put and deleted by one write takes what that write has put below it along.
func TestDeleteTakesWhatWasJustPut(t *testing.T) {
	c := open(t, t.TempDir())
	put(t, c.Objects(), "apis/a", "1")
	put(t, c.Objects(), "apis/a/routes/old", "1")
	err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error {
		err := errors.Join(tx.Put("apis/a/routes/new", "1"), tx.Put("apis/a/routes/new/routeresponses/x", "1"), tx.Put("apis/b", "1"))
		tx.Delete("apis/a")
		if n := len(tx.List("apis/a/routes")); n != 0 {
			t.Errorf("%d routes inside the write", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(c.Objects(), "apis") + list(c.Objects(), "apis/a/routes") + list(c.Objects(), "apis/a/routes/new/routeresponses"); got != "b=1 " {
		t.Errorf("left: %s", got)
	}
}

func TestDeletingNothingWritesNothing(t *testing.T) {
	c := open(t, t.TempDir())
	put(t, c.Objects(), "apis/a", "1")
	before := c.Objects().Revision()
	err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error { tx.Delete("apis/ab"); tx.Delete("apis/a/routes"); return nil })
	if err != nil || c.Objects().Revision() != before || before != 2 {
		t.Errorf("revision %d after %d, %v", c.Objects().Revision(), before, err)
	}
}

// model is what Objects must be like, in the plainest form: entries in order of creation.
type model []struct {
	key   gateway.Key
	value string
}

func (m *model) put(key gateway.Key, value string) {
	for i := range *m {
		if (*m)[i].key == key {
			(*m)[i].value = value
			return
		}
	}
	*m = append(*m, model{{key, value}}...)
}

func (m *model) remove(key gateway.Key) {
	kept := model{}
	for _, entry := range *m {
		if !entry.key.Within(key) {
			kept = append(kept, entry)
		}
	}
	*m = kept
}

func (m *model) list(collection gateway.Key) string {
	var text strings.Builder
	for _, entry := range *m {
		if entry.key.Up() == collection {
			fmt.Fprintf(&text, "%s=%s ", entry.key, entry.value)
		}
	}
	return text.String()
}

// somewhere is a key of a small world, in which objects may stand below what is not there.
func somewhere() gateway.Key {
	key := gateway.Key("")
	for depth := 1 + rand.IntN(3); depth > 0; depth-- {
		key = key.Child([]string{"apis", "credentials", "x"}[rand.IntN(3)], string(rune('a'+rand.IntN(3))))
	}
	return key
}

// Whatever is put and deleted, in one write or in many, lists are those of the plain model: inside the write, after it, and
// after a restart.
func TestObjectsAreLikeTheModel(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	var want model
	text := func(objects []cluster.Object) string {
		var text strings.Builder
		for _, object := range objects {
			fmt.Fprintf(&text, "%s=%s ", object.Key, strings.Trim(string(object.Value), `"`))
		}
		return text.String()
	}
	compare := func(when string, collection gateway.Key, got []cluster.Object) {
		if text(got) != want.list(collection) {
			t.Fatalf("%s, %s are %s, want %s", when, collection, text(got), want.list(collection))
		}
	}
	for round := range 150 {
		abandoned := errors.New("abandoned")
		before := slices.Clone(want)
		err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error {
			// A write only deletes or only puts: an object that it deletes and puts again keeps its place, unlike the model's.
			for range 1 + rand.IntN(6) {
				key, value := somewhere(), fmt.Sprint(rand.IntN(1000))
				if round%3 == 0 {
					tx.Delete(key)
					want.remove(key)
				} else if err := tx.Put(key, value); err != nil {
					return err
				} else {
					want.put(key, value)
				}
				compare("inside a write", key.Up(), tx.List(key.Up()))
			}
			if round%10 == 9 {
				want = before
				return abandoned
			}
			return nil
		})
		if err != nil && !errors.Is(err, abandoned) {
			t.Fatal(err)
		}
		for range 10 {
			collection := somewhere().Up()
			compare("after a write", collection, c.Objects().List(collection))
		}
		if round%30 == 29 {
			_ = c.Close() // closed again by open
			c = open(t, dir)
		}
	}
}
