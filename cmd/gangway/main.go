// Command gangway is an Amazon API Gateway for WebSocket APIs that you run yourself: see gangway --help.
package main

import (
	"context"
	"os"

	"gangway/internal/cli"
)

func main() { os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Stdio())) }
