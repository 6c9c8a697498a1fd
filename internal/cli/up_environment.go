package cli

import (
	"os"

	"gangway/internal/node"
)

// environment is what all functions of an app have in common.
func (u *up) environment(lambda string) (map[string]string, error) {
	running, err := node.ReadRunning(u.dir)
	if err != nil {
		return nil, err
	}
	around := node.Surroundings{
		Data: u.dir, Admin: u.plane.url, Lambda: lambda, Key: u.plane.key, Authority: running.Authority, Environ: os.Environ(),
	}
	return around.Environment()
}
