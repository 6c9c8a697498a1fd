package cluster_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/store"
)

// everything is all that could leave a machine with its folder or its backups: each file but the key file, and a backup.
func everything(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	var backup bytes.Buffer
	if _, err := store.Backup(t.Context(), dir, &backup); err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{"the backup": backup.Bytes()}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == "secret.key" {
			continue
		}
		if all[entry.Name()], err = os.ReadFile(filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// shows says in which file a text can be read, as it is or in base64, at any of the three alignments that has.
func shows(files map[string][]byte, text string) string {
	forms := []string{text}
	for skip := range 3 {
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + text))
		forms = append(forms, whole[4:len(whole)-4])
	}
	for name, content := range files {
		for _, form := range forms {
			if bytes.Contains(content, []byte(form)) {
				return name
			}
		}
	}
	return ""
}

// Secrets are nowhere on the disk and in no backup, while the log is open and when it is closed; nor are those that were
// replaced or deleted. What is no secret is there, so the search can find something.
func TestSecretsAreNowhereOnDisk(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	secrets := map[gateway.Key]string{
		"credentials/ann": "canary-of-ann-5e1c", "apikeys/k": "canary-of-key-77f0", "clientcertificates/c": "canary-of-cert-09ab",
		"credentials/ann/grants/g": "canary-below-ann-31d2",
	}
	for key, value := range secrets {
		put(t, c.Objects(), key, value)
	}
	put(t, c.Objects(), "apis/a", "no-secret-of-an-api")
	put(t, c.Objects(), "credentials/bob", "canary-replaced-4411")
	put(t, c.Objects(), "credentials/bob", "canary-deleted-8b3e")
	err := c.Objects().Update(t.Context(), me, func(tx *cluster.Tx) error { tx.Delete("credentials/bob"); return nil })
	if err != nil {
		t.Fatal(err)
	}
	seal, _ := c.Objects().Get("system/seal")
	hidden := []string{"canary-replaced-4411", "canary-deleted-8b3e", strings.Trim(string(seal.Value), `{}`)}
	for key, value := range secrets {
		hidden = append(hidden, value)
		if object, ok := c.Objects().Get(key); !ok || string(object.Value) != `"`+value+`"` {
			t.Errorf("%s in memory: %s, %v", key, object.Value, ok)
		}
	}
	search := func(when string) {
		files := everything(t, dir)
		for _, text := range hidden {
			if file := shows(files, text); file != "" {
				t.Errorf("%s, %s can be read in %s", when, text, file)
			}
		}
		if shows(files, "no-secret-of-an-api") == "" || shows(files, me.Operation) == "" || shows(files, "credentials/ann") == "" {
			t.Error(when + ", what is no secret cannot be read")
		}
	}
	search("open")
	_ = c.Close() // closed again by open
	search("closed")
	again := open(t, dir)
	for key, value := range secrets {
		if object, ok := again.Objects().Get(key); !ok || string(object.Value) != `"`+value+`"` {
			t.Errorf("%s after a restart: %s, %v", key, object.Value, ok)
		}
	}
	if got := list(again.Objects(), "credentials"); got != "ann=canary-of-ann-5e1c " {
		t.Errorf("after a restart: %s", got)
	}
}

// records are those of a closed folder.
func records(t *testing.T, dir string) []store.Record {
	t.Helper()
	var all []store.Record
	changeLog(t, dir, func(log *store.Log) {
		for record, err := range log.Replay(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, record)
		}
	})
	return all
}

// changeLog does something to the log of a closed folder past the cluster.
func changeLog(t *testing.T, dir string, do func(*store.Log)) {
	t.Helper()
	log, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	do(log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

// sealed is a closed folder with one credential.
func sealed(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	c := open(t, dir)
	put(t, c.Objects(), "credentials/ann", "hers")
	put(t, c.Objects(), "credentials/ann", "hers")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFormOfASealedValue(t *testing.T) {
	all := records(t, sealed(t))
	if len(all) != 3 || all[1].Principal != me.Principal || all[1].Operation != me.Operation {
		t.Fatalf("records %+v", all)
	}
	var values [2]struct {
		Sealed []byte `json:"sealed"`
		Key    string `json:"key"`
	}
	for i := range values {
		decoder := json.NewDecoder(bytes.NewReader(all[i+1].Changes[0].Value))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&values[i]); err != nil {
			t.Fatal(err)
		}
		if len(values[i].Sealed) != 12+len(`"hers"`)+16 || len(values[i].Key) != 12 {
			t.Errorf("%d bytes sealed under %q", len(values[i].Sealed), values[i].Key)
		}
	}
	if bytes.Equal(values[0].Sealed[:12], values[1].Sealed[:12]) || values[0].Key != values[1].Key {
		t.Error("two values share a nonce, or no key")
	}
}

// A folder from before there were keys opens as it is, keeps its connection ids, and has its secrets sealed from then on.
// Its old records stay as they are.
func TestFolderFromBeforeKeys(t *testing.T) {
	dir := restored(t, "plain.backup")
	c := open(t, dir)
	if handle, ok := c.Sealer().Open("OQRJX38Fr_IC8IM="); !ok || handle.Slot != 7 || c.Incarnation() != 2 {
		t.Errorf("an id of before opens as %v, %v; start number %d", handle, ok, c.Incarnation())
	}
	if got := list(c.Objects(), "apis"); got != "a=x " {
		t.Errorf("objects: %s", got)
	}
	_ = c.Close() // closed again by open
	all := records(t, dir)
	if len(all) != 3 || !bytes.Contains(all[0].Changes[0].Value, []byte("Ia8G3bSj8Qdics8Vy8HDjA==")) {
		t.Errorf("records: %+v", all)
	}
	last := all[len(all)-1]
	if last.Operation != "Start" || len(last.Changes) != 2 {
		t.Fatalf("the last record is %+v", last)
	}
	for _, change := range last.Changes {
		if !bytes.HasPrefix(change.Value, []byte(`{"sealed":"`)) {
			t.Errorf("%s is stored as %s", change.Key, change.Value)
		}
	}
	again := open(t, dir)
	if handle, ok := again.Sealer().Open("OQRJX38Fr_IC8IM="); !ok || handle.Slot != 7 || again.Incarnation() != 3 {
		t.Errorf("after another start, an id of before opens as %v, %v; start number %d", handle, ok, again.Incarnation())
	}
	_ = again.Close() // closed again by open
	if n := len(records(t, dir)[3].Changes); n != 1 {
		t.Errorf("another start changed %d objects, want 1", n)
	}
}

// restored is a new folder made of a backup in testdata.
func restored(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // only read
	if _, err := store.Restore(t.Context(), dir, file); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What the first version sealed can be opened for ever, and so the form of what is hashed before it does not change.
func TestOpensWhatTheFirstVersionSealed(t *testing.T) {
	dir := restored(t, "sealed.backup")
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(t.Context(), cluster.Config{Dir: dir, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // only read
	if got := list(c.Objects(), "credentials"); got != "ann=hers " {
		t.Errorf("credentials: %s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "secret.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key file beside the one that was named: %v", err)
	}
}

// hash stands for all that the log of a folder holds.
func hash(t *testing.T, dir string) string {
	t.Helper()
	summary, err := store.Backup(t.Context(), dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return summary.Hash
}
