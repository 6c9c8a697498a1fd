package program_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"gangway/internal/program"
)

// patterned is a schema of 32 KB, of members each with a pattern that none of the others has.
func patterned(format string) string {
	var members []string
	for i, size := 0, 0; size < 32000; i++ {
		member := fmt.Sprintf(`"p%d":`+format, i, i)
		members = append(members, member)
		size += len(member) + 1
	}
	return `{"properties":{` + strings.Join(members, ",") + `}}`
}

// TestPatternsAreBounded: what the patterns of a schema stand for is bounded in sum, wherever they are, before any of them is
// compiled; schemas that people write are far from it.
func TestPatternsAreBounded(t *testing.T) {
	for name, schema := range map[string]string{
		"pattern":           patterned(`{"pattern":"x%d(a|b){1,1000}"}`),
		"patternProperties": patterned(`{"patternProperties":{"x%d(a|b){1,1000}":{}}}`),
		"by reference":      `{"$ref":"#/odd/place","odd":{"place":` + patterned(`{"pattern":"x%d(a|b){1,1000}"}`) + `}}`,
		"in lists":          `{"allOf":[` + patterned(`{"pattern":"x%d(a|b){1,1000}"}`) + `]}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := program.Compile(modelAPI(schema), program.Env{})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "the patterns of the schema together") {
			t.Errorf("%s: got %.200v", name, err)
		}
		if cost := after.TotalAlloc - before.TotalAlloc; cost > 20<<20 {
			t.Errorf("%s: it has taken %d MB to find out", name, cost>>20)
		}
	}
	for name, schema := range map[string]string{
		"many of them":  patterned(`{"pattern":"^[a-z]%d$"}`),
		"one again":     `{"properties":{` + strings.TrimSuffix(strings.Repeat(`"a":{"pattern":"(a|b){1,1000}"},"b":{"pattern":"(a|b){1,1000}"},`, 200), ",") + `}}`,
		"in a property": `{"properties":{"pattern":{"type":"string"},"patternProperties":{"pattern":"x"}}}`,
	} {
		if _, err := program.Compile(modelAPI(schema), program.Env{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := program.Compile(modelAPI(`{"pattern":"(a|b){1,1000}{1,1000}"}`), program.Env{}); err == nil {
		t.Error("a pattern that is too large alone is taken")
	}
}
