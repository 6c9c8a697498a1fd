package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to write what a newer version would

	"gangway/internal/store"
)

func TestLockedByAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	p := spawn(t, "hold", dir)
	if got := p.line(); got != "open" {
		t.Fatalf("the other process says %q", got)
	}
	pid := "pid " + strconv.Itoa(p.cmd.Process.Pid)
	if _, err := store.Open(context.Background(), dir); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), pid) {
		t.Errorf("open: got %v, want ErrLocked with %s", err, pid)
	}
	if _, err := store.Restore(t.Context(), dir, strings.NewReader("")); !errors.Is(err, store.ErrLocked) {
		t.Errorf("restore: got %v, want ErrLocked", err)
	}
	p.kill()
	check(t, open(t, dir))
}

func TestLockedBySameProcess(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := store.Open(context.Background(), dir); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	grow(t, l, 2)
	check(t, l)
}

// execute changes a store at rest as no gangway of this version would.
func execute(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "gangway.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestForeignChanges(t *testing.T) {
	newGenesis := `UPDATE records SET payload = CAST('{"format":7,"writer":"gangway v9.1"}' AS BLOB) WHERE revision = 0`
	tests := []struct {
		name       string
		statements []string
		newer      bool
		says       string
	}{
		{"newer format", []string{"PRAGMA user_version = 7", newGenesis}, true, "format 7, written by gangway v9.1"},
		{"newer without our table", []string{"PRAGMA user_version = 7", "ALTER TABLE records RENAME TO log"}, true, "format 7"},
		{"number of the format alone", []string{"PRAGMA user_version = 7"}, false, "format 7"},
		{"other application", []string{"PRAGMA application_id = 1"}, false, "application id"},
		{"another table", []string{"CREATE TABLE more (a)"}, false, "shape"},
		{"record gone", []string{"DELETE FROM records WHERE revision = 2"}, false, "revision 2 is missing"},
		{"last record gone", []string{"DELETE FROM records WHERE revision = 4"}, false, "acknowledged changes up to revision 4"},
		{"all gone", []string{"DELETE FROM records"}, false, ""},
		{"records changed places", []string{
			"UPDATE records SET revision = 9 WHERE revision = 2", "UPDATE records SET revision = 2 WHERE revision = 3",
			"UPDATE records SET revision = 3 WHERE revision = 9",
		}, false, "revision 2: the record does not match"},
		{"hash changed", []string{"UPDATE records SET hash = zeroblob(32) WHERE revision = 3"}, false, "revision 3"},
		{"record added", []string{"INSERT INTO records SELECT 5, payload, hash FROM records WHERE revision = 4"}, false, "revision 5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir)
			grow(t, l, 4)
			closeLog(t, l)
			execute(t, dir, tt.statements...)
			_, err := store.Open(context.Background(), dir)
			_, damaged := errors.AsType[*store.DamagedError](err)
			if errors.Is(err, store.ErrNewer) != tt.newer || damaged == tt.newer || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("open: got %v, want newer: %v, %q", err, tt.newer, tt.says)
			}
			_, err = store.Backup(t.Context(), dir, &strings.Builder{})
			if _, damaged := errors.AsType[*store.DamagedError](err); !damaged && !errors.Is(err, store.ErrNewer) {
				t.Errorf("backup: got %v", err)
			}
		})
	}
}

func TestFolderInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(context.Background(), path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
}
