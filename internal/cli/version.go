package cli

import (
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints what this program is.
func (versionCommand) Run(s *Streams) error {
	return s.printf("gangway %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version is that of the module this program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
