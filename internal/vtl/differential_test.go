package vtl_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// oracleJars are what testdata/Oracle.java needs, by the names of the Debian packages velocity and libjson-smart-java and
// what they depend on.
var oracleJars = []string{
	"velocity", "commons-collections3", "commons-lang", "json-smart", "accessors-smart", "asm", "slf4j-api", "slf4j-nop",
}

// An answer is what Apache Velocity makes of a template.
type answer struct {
	text  string
	fails bool
}

// ask renders templates with Apache Velocity 1.7. It skips the test where that is not installed; VELOCITY_JARS names
// another folder than that of Debian.
func ask(t *testing.T, cases []tableCase) []answer {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skipf("skipped %d comparisons with Apache Velocity: there is no java", len(cases))
	}
	folder := os.Getenv("VELOCITY_JARS")
	if folder == "" {
		folder = "/usr/share/java"
	}
	classpath := make([]string, len(oracleJars))
	for i, jar := range oracleJars {
		classpath[i] = filepath.Join(folder, jar+".jar")
		if _, err := os.Stat(classpath[i]); err != nil {
			t.Skipf("skipped %d comparisons with Apache Velocity: %v", len(cases), err)
		}
	}
	var in strings.Builder
	for _, c := range cases {
		vars := c.vars
		if vars == "" {
			vars = "{}"
		}
		in.WriteString(base64.StdEncoding.EncodeToString([]byte(c.template)) + " " + base64.StdEncoding.EncodeToString([]byte(vars)) + "\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, java, "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", strings.Join(classpath, ":"), "testdata/Oracle.java")
	command.Stdin = strings.NewReader(in.String())
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return answers(t, string(out), len(cases))
}

func answers(t *testing.T, out string, n int) []answer {
	t.Helper()
	var all []answer
	lines := bufio.NewScanner(strings.NewReader(out))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		kind, encoded, _ := strings.Cut(lines.Text(), " ")
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer{text: string(text), fails: kind == "err"})
	}
	if len(all) != n {
		t.Fatalf("%d answers to %d questions", len(all), n)
	}
	return all
}

// TestTablesAgainstVelocity asks Apache Velocity for all cases of the tables that are not marked as different.
func TestTablesAgainstVelocity(t *testing.T) {
	var cases []tableCase
	for _, c := range readTables(t) {
		if !c.differs {
			cases = append(cases, c)
		}
	}
	for i, a := range ask(t, cases) {
		c := cases[i]
		if a.fails != c.fails || !c.fails && a.text != c.want {
			t.Errorf("%s: %q\n velocity %v %q\n     want %v %q", c.where, c.template, a.fails, a.text, c.fails, c.want)
		}
	}
}

// TestGeneratedAgainstVelocity compares what becomes of generated templates. Where Apache Velocity fails and we do not,
// or the other way round, that is counted, but no fault: budgets and messages differ.
func TestGeneratedAgainstVelocity(t *testing.T) {
	n, seed := 1_500, uint64(1)
	if text := os.Getenv("VELOCITY_CASES"); text != "" {
		n, _ = strconv.Atoi(text)
		seed = uint64(time.Now().UnixNano())
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 2))}
	cases := make([]tableCase, n)
	for i := range cases {
		cases[i] = tableCase{template: g.text(4), vars: generatedVars}
		if i%4 == 3 {
			cases[i].template = g.broken(cases[i].template)
		}
	}
	var same, bothFail, onlyOurs, onlyTheirs, different int
	for i, a := range ask(t, cases) {
		got, err := render(t, cases[i].template, generatedVars)
		switch {
		case err != nil && a.fails:
			bothFail++
		case err != nil:
			onlyOurs++
			t.Logf("only ours fails: %q\n velocity %q\n     ours %v", cases[i].template, a.text, err)
		case a.fails:
			onlyTheirs++
			t.Logf("only theirs fails: %q\n velocity %.200q\n     ours %q", cases[i].template, a.text, got)
		case got == a.text || strings.Contains(a.text, "@"): // an object without a text of its own
			same++
		default:
			different++
			t.Errorf("%q\n velocity %q\n     ours %q", cases[i].template, a.text, got)
		}
	}
	t.Logf("same %d, both fail %d, only ours %d, only theirs %d, different %d", same, bothFail, onlyOurs, onlyTheirs, different)
}
