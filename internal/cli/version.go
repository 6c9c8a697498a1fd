package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints what this program is.
func (versionCommand) Run(s *Streams) error {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = cmp.Or(info.Main.Version, version)
	}
	return s.printf("gangway %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
