//go:build !unix

package node

// limitOfDescriptors is none that is known.
func limitOfDescriptors() int { return 1 << 30 }
