//go:build linux

package main

import (
	"context"
	"io"
)

// Run is the command with its arguments.
func Run(ctx context.Context, args []string, out io.Writer) error { return run(ctx, args, out) }

// IsPart says whether arguments are those of a part that the command starts itself.
func IsPart(args []string) bool { return len(args) > 0 && parts[args[0]] != nil }
