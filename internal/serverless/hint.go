package serverless

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"gangway/internal/cloudformation"
)

// hint proposes the word that may be meant, as the end of a sentence; nothing where no word is near.
func hint(word string, known []string) string {
	best, nearest := 3, ""
	for _, candidate := range known {
		if d := cloudformation.Distance(word, candidate); d < best && d < len(candidate) {
			best, nearest = d, candidate
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", nearest)
}

// keys are those of a mapping, in their order.
func keys(mapping *yaml.Node) []string {
	var names []string
	for key := range members(mapping) {
		names = append(names, key.Value)
	}
	return names
}
