//go:build race

package store_test

// raceDetector says whether the tests were built with the race detector.
const raceDetector = true
