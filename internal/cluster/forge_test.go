package cluster_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/store"
)

// anew is a new folder whose log has these records, written past the cluster: without a key.
func anew(t *testing.T, records []store.Record) (dir string) {
	t.Helper()
	dir = t.TempDir()
	changeLog(t, dir, func(log *store.Log) {
		for _, record := range records {
			if _, err := log.Append(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		}
	})
	return dir
}

// written opens such a folder with the key of another.
func written(t *testing.T, dir string, records []store.Record) (*cluster.Cluster, error) {
	t.Helper()
	c, err := cluster.Open(t.Context(), cluster.Config{Dir: anew(t, records), KeyFile: filepath.Join(dir, "secret.key")})
	if err == nil {
		t.Cleanup(func() { _ = c.Close() }) // only looked at
	}
	return c, err
}

// record is one of somebody who writes past the cluster.
func record(key gateway.Key, value string) store.Record {
	return store.Record{Principal: "mallory", Changes: []store.Change{{Key: key, Value: json.RawMessage(value)}}}
}

func remove(t *testing.T, objects *cluster.Objects, key gateway.Key) {
	t.Helper()
	if err := objects.Update(t.Context(), me, func(tx *cluster.Tx) error { tx.Delete(key); return nil }); err != nil {
		t.Fatal(err)
	}
}

// A value is not believed unless it is whole, and that of its object.
func TestForgedValues(t *testing.T) {
	dir := sealed(t)
	all := records(t, dir)[:2]
	ann := string(all[1].Changes[0].Value)
	// What is sealed, changed by f.
	with := func(f func([]byte) []byte) string {
		parts := strings.Split(ann, `"`)
		sealed, err := base64.StdEncoding.DecodeString(parts[3])
		if err != nil {
			t.Fatal(err)
		}
		parts[3] = base64.StdEncoding.EncodeToString(f(sealed))
		return strings.Join(parts, `"`)
	}
	type forged struct {
		key     gateway.Key
		value   string
		refused bool
	}
	tests := map[string]forged{
		"as it was":                 {"credentials/ann", ann, false},
		"of a kind without secrets": {"apis/a", ann, false},
		"moved to another object":   {"credentials/bob", ann, true},
		"moved to another kind":     {"apikeys/ann", ann, true},
		"moved below":               {"credentials/ann/grants/g", ann, true},
		"in the clear":              {"credentials/ann", `{"policy":"anything"}`, true},
		"not even an object":        {"apikeys/k", `"x"`, true},
		"nothing sealed":            {"credentials/ann", with(func([]byte) []byte { return nil }), true},
		"too short to be sealed":    {"credentials/ann", with(func(b []byte) []byte { return b[:20] }), true},
		"cut short":                 {"credentials/ann", with(func(b []byte) []byte { return b[:len(b)-1] }), true},
		"longer":                    {"credentials/ann", with(func(b []byte) []byte { return append(b, 0) }), true},
	}
	for range 24 {
		flipped := with(func(b []byte) []byte {
			b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
			return b
		})
		tests["a bit of it changed: "+flipped] = forged{"credentials/ann", flipped, true}
	}
	for name, tt := range tests {
		all[1].Changes[0] = store.Change{Key: tt.key, Value: json.RawMessage(tt.value)}
		_, err := written(t, dir, all)
		if errors.Is(err, cluster.ErrKey) != tt.refused || (err == nil) == tt.refused {
			t.Errorf("%s: got %v, want refused: %v", name, err, tt.refused)
		}
		if err == nil {
			continue
		}
		if !strings.Contains(err.Error(), string(tt.key)+" at revision 2") || strings.Contains(err.Error(), "anything") {
			t.Errorf("%s: the error does not say where, or says too much: %v", name, err)
		}
	}
}

// eventful is a closed folder whose log says, by revision: 1 start, 2 ann, 3 ann with another secret, 4 bob, 5 an API, 6 no bob
// any more, 7 start, 8 no ann any more, 9 another API.
func eventful(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	c := open(t, dir)
	put(t, c.Objects(), "credentials/ann", "first")
	put(t, c.Objects(), "credentials/ann", "second")
	put(t, c.Objects(), "credentials/bob", "his")
	put(t, c.Objects(), "apis/a", "x")
	remove(t, c.Objects(), "credentials/bob")
	_ = c.Close() // closed again by open
	c = open(t, dir)
	remove(t, c.Objects(), "credentials/ann")
	put(t, c.Objects(), "apis/b", "x")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

const plainSeal = `{"key":"AAAAAAAAAAAAAAAAAAAAAA=="}`

// Nobody without the key brings a secret value back that was replaced or deleted, or one in the clear in, or changes anything
// before the last sealed value.
func TestForgedLogs(t *testing.T) {
	dir := eventful(t)
	whole := records(t, dir)
	other := records(t, eventful(t)) // as like it as can be, but for its key
	at := func(revision int) *store.Record { return &whole[revision-1] }
	value := func(revision int) string { return string(at(revision).Changes[0].Value) }
	edit := func(revision int, f func(*store.Record)) []store.Record {
		all := slices.Clone(whole)
		all[revision-1].Changes = slices.Clone(all[revision-1].Changes)
		f(&all[revision-1])
		return all
	}
	appended := func(records ...store.Record) []store.Record { return append(slices.Clone(whole), records...) }
	tests := map[string][]store.Record{
		"a deleted credential again":                   appended(record("credentials/bob", value(4))),
		"a replaced credential again":                  appended(record("credentials/ann", value(2))),
		"a whole record again":                         appended(*at(4)),
		"an earlier count of starts":                   appended(store.Record{Changes: at(1).Changes[1:]}),
		"a seal in the clear":                          appended(record("system/seal", plainSeal)),
		"a seal in the clear, deleted before":          appended(store.Record{Changes: []store.Change{{Key: "system/seal"}}}, record("system/seal", plainSeal)),
		"a seal in the clear after a cut":              append(slices.Clone(whole[:1]), record("system/seal", plainSeal)),
		"a seal in the clear in the first record":      edit(1, func(r *store.Record) { r.Changes[0].Value = json.RawMessage(plainSeal) }),
		"the first record in the clear":                edit(1, func(r *store.Record) { *r = record("system/seal", plainSeal) }),
		"a record in the clear before the first":       append([]store.Record{record("system/seal", plainSeal)}, whole...),
		"anything of ours in the clear":                appended(record("system/new", `1`)),
		"a deletion that never was":                    edit(6, func(r *store.Record) { r.Changes = nil }),
		"a deletion of another":                        edit(6, func(r *store.Record) { r.Changes[0].Key = "credentials/rob" }),
		"a record less":                                slices.Delete(slices.Clone(whole), 5, 6),
		"a record more":                                slices.Insert(slices.Clone(whole), 5, record("apis/c", `"x"`)),
		"a secret that was never replaced":             edit(3, func(r *store.Record) { *r = record("apis/c", `"x"`) }),
		"a secret before the other":                    append([]store.Record{*at(1), *at(3), *at(2)}, whole[3:]...),
		"another value of what is no secret":           edit(5, func(r *store.Record) { r.Changes[0].Value = json.RawMessage(`"y"`) }),
		"a deletion of what is no secret":              edit(5, func(r *store.Record) { r.Changes[0].Value = nil }),
		"another principal":                            edit(5, func(r *store.Record) { r.Principal = "nobody" }),
		"another operation":                            edit(5, func(r *store.Record) { r.Operation = "Nothing" }),
		"a principal that takes from the operation":    edit(5, func(r *store.Record) { r.Principal, r.Operation = r.Principal+r.Operation[:1], r.Operation[1:] }),
		"another time":                                 edit(5, func(r *store.Record) { r.Time = r.Time.Add(1) }),
		"the last sealed value in the place of others": append(slices.Clone(whole[:1]), whole[6:]...),
		"a log of another key":                         other,
	}
	for name, all := range tests {
		if _, err := written(t, dir, all); !errors.Is(err, cluster.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
}

// Two logs that go on from one backup under one key do not take values of each other, even at the same revision.
func TestForgedFromAFork(t *testing.T) {
	dir := eventful(t)
	whole := records(t, dir)
	key := filepath.Join(dir, "secret.key")
	var forks [2][]store.Record
	for i := range forks {
		fork := anew(t, whole)
		c, err := cluster.Open(t.Context(), cluster.Config{Dir: fork, KeyFile: key})
		if err != nil {
			t.Fatal(err)
		}
		put(t, c.Objects(), "credentials/ann", "third")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		forks[i] = records(t, fork)
	}
	last := len(forks[0]) - 1
	for name, all := range map[string][]store.Record{
		"the last record": append(slices.Clone(forks[0][:last]), forks[1][last]),
		"the one before":  append(slices.Clone(forks[0][:last-1]), forks[1][last-1], forks[0][last]),
	} {
		if _, err := written(t, dir, all); !errors.Is(err, cluster.ErrKey) {
			t.Errorf("%s of the other: got %v, want ErrKey", name, err)
		}
	}
	if _, err := written(t, dir, forks[1]); err != nil {
		t.Errorf("the other as it is: %v", err)
	}
}

// Once a folder from before there were keys was sealed, nothing in the clear is taken, not even in the record that sealed it.
func TestForgedInAFolderFromBeforeKeys(t *testing.T) {
	dir := restored(t, "plain.backup")
	_ = open(t, dir).Close() // closed again by open
	whole := records(t, dir)
	mixed := slices.Clone(whole)
	mixed[2].Changes = slices.Clone(mixed[2].Changes)
	for i, change := range mixed[2].Changes {
		if change.Key == "system/seal" {
			mixed[2].Changes[i].Value = json.RawMessage(plainSeal)
		}
	}
	before := slices.Clone(whole)
	before[0] = record("system/seal", plainSeal)
	for name, all := range map[string][]store.Record{
		"the old key again":                {whole[0], whole[1], whole[2], whole[0]},
		"beside what is sealed":            mixed,
		"another key from before, unasked": before,
	} {
		if _, err := written(t, dir, all); !errors.Is(err, cluster.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
	if _, err := written(t, dir, whole); err != nil {
		t.Errorf("as it is: %v", err)
	}
}

// Sealing does not show what the package comment says it does not: a log that was cut off, and what was then written without
// secrets. The secrets are those of the time of the cut.
func TestWhatSealingDoesNotShow(t *testing.T) {
	dir := eventful(t)
	whole := records(t, dir)
	tests := map[string]struct {
		records           []store.Record
		credentials, apis string
	}{
		"as it was":                  {whole, "", "a=x b=x "},
		"cut off before a deletion":  {whole[:7], "ann=second ", "a=x "},
		"cut off before a secret":    {whole[:2], "ann=first ", ""},
		"nothing sealed":             {[]store.Record{record("system/seal", plainSeal)}, "", ""},
		"an object more":             {append(slices.Clone(whole), record("apis/c", `"y"`)), "", "a=x b=x c=y "},
		"a deletion more":            {append(slices.Clone(whole), record("apis/a", "")), "", "b=x "},
		"a deletion of a secret":     {append(slices.Clone(whole[:3]), record("credentials/ann", "")), "", ""},
		"the last deletion left out": {append(slices.Clone(whole[:7]), whole[8]), "ann=second ", "a=x b=x "},
	}
	for name, tt := range tests {
		c, err := written(t, dir, tt.records)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := list(c.Objects(), "credentials"); got != tt.credentials {
			t.Errorf("%s: credentials %q, want %q", name, got, tt.credentials)
		}
		if got := list(c.Objects(), "apis"); got != tt.apis {
			t.Errorf("%s: APIs %q, want %q", name, got, tt.apis)
		}
	}
}
