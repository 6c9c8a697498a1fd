//go:build !linux

// Command load measures the whole server; see main.go. It reads /proc and uses epoll, so it is for Linux only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "load: this measures on Linux only")
	os.Exit(1)
}
