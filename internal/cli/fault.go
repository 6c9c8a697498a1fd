package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"gangway/internal/cluster"
	"gangway/internal/store"
)

// The exit codes; the package comment explains them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
	exitClosed  = 4
	exitDiffers = 5
	exitDamaged = 78 // EX_CONFIG of sysexits.h: starting again will not help
)

// fault is an error that decides on the exit code.
type fault struct {
	code int
	err  error
	hint string // where a usage error is explained; empty: in the help of all commands
}

// Error implements error.
func (f *fault) Error() string { return f.err.Error() }

// Unwrap makes the cause findable.
func (f *fault) Unwrap() error { return f.err }

// usage marks an error of the command line or a setting.
func usage(err error) error { return &fault{code: exitUsage, err: err} }

// usagef makes an error of the command line or a setting.
func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// errDiffers is the end of a command that has said all there is to say.
var errDiffers = &fault{code: exitDiffers, err: errors.New("there are differences")}

// exit tells what went wrong, in one line, and returns the exit code.
func (s *Streams) exit(err error) int {
	switch {
	case err == nil || errors.Is(err, errHelped):
		return exitOK
	case errors.Is(err, errDiffers):
		return exitDiffers
	}
	text := oneLine(explain(err))
	_, _ = fmt.Fprintf(s.Stderr, "gangway: %s\n", text) // if this cannot be said, nothing can
	return code(err)
}

func code(err error) int {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.code
	}
	if _, ok := errors.AsType[*store.DamagedError](err); ok || errors.Is(err, store.ErrNewer) || errors.Is(err, cluster.ErrKey) {
		return exitDamaged
	}
	return exitFailed
}

// explain adds what to do about errors that are known to need it.
func explain(err error) string {
	text := err.Error()
	if f, ok := errors.AsType[*fault](err); ok && f.code == exitUsage {
		return text + " (" + cmp.Or(f.hint, "gangway --help shows the commands, gangway serve --help the settings") + ")"
	}
	if _, ok := errors.AsType[*store.DamagedError](err); ok {
		return text // it says itself what to do
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("%s is taken by another program; choose another address with --listen or --admin", address(err))
	case errors.Is(err, store.ErrLocked):
		return text + "; stop it, or choose another folder with --data"
	case strings.HasPrefix(text, "key file"): // it says itself what to do
	case errors.Is(err, fs.ErrPermission) && address(err) == noAddress:
		return text + "; choose a folder that is yours with --data"
	}
	return text
}

const noAddress = "the address"

// address is what an error of the network is about.
func address(err error) string {
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Addr != nil {
		return failed.Addr.String()
	}
	return noAddress
}
