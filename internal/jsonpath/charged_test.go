package jsonpath_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

var errSpent = errors.New("spent")

// account counts steps and allows some of them.
type account struct{ steps, most int }

func (a *account) charge(steps int) error {
	if a.steps += steps; a.steps > a.most {
		return errSpent
	}
	return nil
}

// TestSelectCharged: a search tells what it takes, as it takes it, and ends when it may not go on.
func TestSelectCharged(t *testing.T) {
	root := mustDecode(t, listOf("1.5", ""))
	all := account{most: mostSteps}
	found, ok, err := mustCompile(t, "$.list[?(@ > 1)]").SelectCharged(root, all.charge)
	if items, _ := found.(*jsonpath.Array); err != nil || !ok || items.Len() < 32_000 || all.steps < 1000 {
		t.Errorf("%d items, %v, %d steps", items.Len(), err, all.steps)
	}
	some, root := account{most: all.steps / 2}, mustDecode(t, listOf("1.5", "")) // numbers are read once
	if found, ok, err := mustCompile(t, "$.list[?(@ > 1)]").SelectCharged(root, some.charge); found != nil || ok || !errors.Is(err, errSpent) || some.steps > all.steps*2/3 {
		t.Errorf("%v, %v, %d steps", found, err, some.steps)
	}
	for _, path := range []string{"$.list[7]", "$", "$.list.length()", "$.none"} {
		if one := (account{most: 10}); !selects(t, path, root, &one) || one.steps < 1 {
			t.Errorf("%s: %d steps", path, one.steps)
		}
		if none := (account{}); selects(t, path, root, &none) {
			t.Errorf("%s is free", path)
		}
	}
}

// selects says whether an account has enough for a search.
func selects(t *testing.T, path string, root any, a *account) bool {
	t.Helper()
	_, _, err := mustCompile(t, path).SelectCharged(root, a.charge)
	return err == nil
}

// TestAppendJSONCharged: two steps for 64 bytes.
func TestAppendJSONCharged(t *testing.T) {
	root := mustDecode(t, listOf(`{"a":"b"}`, ""))
	all := account{most: mostSteps}
	text, err := jsonpath.AppendJSONCharged([]byte("> "), root, all.charge)
	if err != nil || all.steps < len(text)/32 || all.steps > len(text)/32+100 || !strings.HasPrefix(string(text), `> {"list":[{`) {
		t.Errorf("%d bytes, %v, %d steps", len(text), err, all.steps)
	}
	some := account{most: all.steps / 2}
	if _, err := jsonpath.AppendJSONCharged(nil, root, some.charge); !errors.Is(err, errSpent) || some.steps > all.steps*2/3 {
		t.Errorf("%v, %d steps", err, some.steps)
	}
}

// Numbers that a template puts into a tree are of its own types.
func TestForeignNumbers(t *testing.T) {
	large, _ := new(big.Int).SetString(strings.Repeat("7", 30), 10)
	if got := mustJSON(t, jsonpath.NewArray(large, foreign("1.50"))); got != `[`+strings.Repeat("7", 30)+`,1.50]` {
		t.Error(got)
	}
}

type foreign string

func (f foreign) IsInteger() bool { return false }
func (f foreign) String() string  { return string(f) }
