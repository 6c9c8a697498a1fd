package cloudformation

import (
	"slices"
	"strings"
)

// Distance is how many letters have to be changed, added or taken away to make one word of another (Levenshtein's), whatever their
// case: for the question whether somebody has meant another word. Of long words the first 64 letters count.
func Distance(a, b string) int {
	const most = 64
	x, y := []rune(strings.ToLower(a[:min(len(a), most)])), []rune(strings.ToLower(b[:min(len(b), most)]))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			changed := diagonal
			if x[i] != y[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

// nearest is the one of some words that a word was meant to be.
func nearest(word string, words []string) string {
	return slices.MinFunc(words, func(a, b string) int { return Distance(word, a) - Distance(word, b) })
}
