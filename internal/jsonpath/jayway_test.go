package jsonpath_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/jsonpath"
)

// jayway is where Jayway JsonPath is: in the variable JAYWAY_CLASSPATH, or where Debian's libjsonpath-java puts it.
func jayway(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("JAYWAY_CLASSPATH"); path != "" {
		return path
	}
	var path []string
	for _, jar := range []string{"json-path", "json-smart", "accessors-smart", "asm", "slf4j-api", "slf4j-nop"} {
		path = append(path, filepath.Join("/usr/share/java", jar+".jar"))
		if _, err := os.Stat(path[len(path)-1]); err != nil {
			t.Skip("Jayway JsonPath is not here to compare with. Install libjsonpath-java and a JDK: ", err)
		}
	}
	return strings.Join(path, string(filepath.ListSeparator))
}

// askJayway has Jayway answer questions, each a path and a document.
func askJayway(t *testing.T, questions [][2]string) [][]string {
	t.Helper()
	path := jayway(t)
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("there is no Java to run Jayway JsonPath: ", err)
	}
	var in bytes.Buffer
	for _, q := range questions {
		fmt.Fprintf(&in, "%s\n%s\n", q[0], q[1])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, java, "-cp", path, filepath.Join("testdata", "Jayway.java"))
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Skip("Jayway JsonPath does not run here: ", err)
	}
	var answers [][]string
	for line := range strings.Lines(string(out)) {
		answers = append(answers, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

// randomFilter is a filter that Jayway 2.0.0 can read: without parentheses inside, and of operators that are signs.
func randomFilter(random *rand.Rand) string {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	path := "@" + pick(".a", ".b", "['c']", ".a.b", "[0]", "")
	number, text := pick("1", "2.5", "7", "-3", "10"), pick("'x'", "'7'", "'y/z'")
	terms := []string{
		path, path + " " + pick("==", "<", "<=", ">", ">=") + " " + number, path + " == " + text, path + " == $.a", path + " =~ /[xy7].*/",
	}
	if path == "@" {
		terms = terms[1:]
	}
	return terms[random.IntN(len(terms))]
}

// randomQuestion is a path and a document.
func randomQuestion(random *rand.Rand) [2]string {
	var path strings.Builder
	path.WriteByte('$')
	filtered := false
	for range random.IntN(4) {
		switch random.IntN(6) {
		case 0:
			filter := randomFilter(random)
			if random.IntN(3) == 0 {
				filter += []string{" && ", " || "}[random.IntN(2)] + randomFilter(random)
			}
			path.WriteString([]string{"", "", ".."}[random.IntN(3)] + "[?(" + filter + ")]")
			filtered = true
		case 1:
			path.WriteString("..[0]")
		default:
			path.WriteString(randomStep(random).text)
		}
	}
	if random.IntN(5) == 0 {
		path.WriteString([]string{"['b','a']", "..['a','b']"}[random.IntN(2)])
	}
	doc := "[" + randomDocument(random, 4, !filtered) + "]"
	if random.IntN(3) > 0 && len(doc) > len("[null]") {
		doc = doc[1 : len(doc)-1]
	}
	if filtered {
		// In filters of Jayway 2.0.0 null does not exist, booleans have an order, and that of numbers and strings is by
		// number; not so in those of its successors.
		doc = strings.NewReplacer("true", "1", "false", "2.5", `"7"`, `"z"`).Replace(doc)
	}
	return [2]string{path.String(), doc}
}

// TestJayway compares with Jayway JsonPath 2.0.0 itself: what is found, in which order, how it prints, and what is
// missing. Where 2.0.0 gives up on a path that is not definite, its successors go on. If it gives up altogether there is
// nothing to compare; if it does in one branch (an index beyond the end, a union in what is no object), what it found has
// to be found here in the same order.
func TestJayway(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	questions := make([][2]string, 0, 15_000)
	for range cap(questions) {
		questions = append(questions, randomQuestion(random))
	}
	equal, filled, part, gaveUp, differ := 0, 0, 0, 0, 0
	for i, answer := range askJayway(t, questions) {
		path, doc := questions[i][0], questions[i][1]
		p := mustCompile(t, path)
		found, ok, err := p.Select(mustDecode(t, doc))
		if err != nil {
			t.Fatalf("%s in %s: %v", path, doc, err)
		}
		got, want := []string{missingText}, answer
		if want[0] == "invalid" && p.Definite() { // an index where no array is
			want = []string{missingText}
		}
		if ok {
			got = []string{"value", mustJSON(t, found), escaped(string(jsonpath.AppendText(nil, found, 1<<20)))}
		}
		switch {
		case want[0] != "value" && (!p.Definite() || strings.Contains(path, "[-")):
			gaveUp++
		case slices.Equal(got, want):
			equal++
			if ok && got[1] != "[]" {
				filled++
			}
		case !p.Definite() && isPart(t, want[1], found):
			part++
		default:
			if differ++; differ > 10 {
				continue
			}
			t.Errorf("%s in %s:\n got %s\nwant %s", path, doc, got, want)
		}
	}
	t.Logf("of %d answers %d are equal, %d of them not empty; %d are part of ours, %d are others; to %d Jayway gave up",
		len(questions), equal, filled, part, differ, gaveUp)
	if filled < len(questions)/5 || part > equal/100 {
		t.Error("that is not much of a comparison")
	}
}

// isPart says whether the items of an array are among those found, in the same order.
func isPart(t *testing.T, text string, found any) bool {
	t.Helper()
	some, all := mustDecode(t, text).(*jsonpath.Array), found.(*jsonpath.Array)
	n := 0
	for i := 0; i < all.Len() && n < some.Len(); i++ {
		if mustJSON(t, all.At(i)) == mustJSON(t, some.At(n)) {
			n++
		}
	}
	return n == some.Len()
}

// escaped is a text as the inside of a JSON string in json-smart's strictest style.
func escaped(text string) string {
	quoted := string(jsonpath.AppendText(nil, jsonpath.NewArray(text), 1<<20))
	return quoted[2 : len(quoted)-2]
}
