package serverless

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// hint proposes the word that may be meant, as the end of a sentence; nothing where no word is near.
func hint(word string, known []string) string {
	best, nearest := 3, ""
	for _, candidate := range known {
		if d := distance(word, candidate); d < best && d < len(candidate) {
			best, nearest = d, candidate
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", nearest)
}

// distance is how many letters must be put in, taken out or replaced to make one word of the other (Levenshtein); words
// of more than 64 letters are far from everything.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// keys are those of a mapping, in their order.
func keys(mapping *yaml.Node) []string {
	var names []string
	for key := range members(mapping) {
		names = append(names, key.Value)
	}
	return names
}
