package functions

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// hasGo says whether a folder has Go source that can be built.
func hasGo(root string) bool {
	found, err := filepath.Glob(filepath.Join(escape(root), "*.go"))
	return err == nil && len(found) > 0
}

// module is the folder with the go.mod that a folder is under, or the folder itself if there is none.
func module(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// escape makes of a path a pattern that matches only it.
func escape(path string) string {
	if runtime.GOOS == "windows" {
		return path // there is no escaping in its patterns
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// build makes the executable of a function from Go source. Executables are kept per folder, so go build has little to do when
// nothing has changed.
func (p *pool) build(ctx context.Context, root string) (string, error) {
	p.code.making.Lock()
	defer p.code.making.Unlock()
	if p.code.built != "" {
		return p.code.built, nil
	}
	tool, err := p.find("the Go tool chain", "go")
	if err != nil {
		return "", err
	}
	folder, err := p.host.cache(&p.fn, root)
	if err != nil {
		return "", err
	}
	target := filepath.Join(folder, "bootstrap")
	if runtime.GOOS == "windows" {
		target += ".exe"
	}
	begun := time.Now()
	p.host.notice(p.fn.Name, "", "building "+root)
	ctx, stop := p.host.outlive(ctx)
	defer stop()
	build := exec.CommandContext(ctx, tool, "build", "-tags", "lambda.norpc", "-o", target, ".")
	build.Dir = root
	build.Env = append(buildEnvironment(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH) // not what is deployed elsewhere
	build.WaitDelay = time.Second
	said, err := build.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return "", compileError(string(said), err)
	}
	if err != nil {
		return "", err
	}
	p.host.notice(p.fn.Name, "", fmt.Sprintf("built in %.1f s", time.Since(begun).Seconds()))
	p.code.built = target
	return target, nil
}

// buildInherited are the variables that the Go tool chain has besides what all programs get: its own ("go help environment"), and how
// it reaches modules. Secrets of other programs are not for code that is built, which may have cgo run a compiler of its choice.
var buildInherited = []string{
	"GOPATH", "GOROOT", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR", "GOENV", "GOFLAGS", "GOWORK", "GOTOOLCHAIN", "GOEXPERIMENT", "GODEBUG",
	"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH", "GO111MODULE", "GOAMD64", "GOARM64", "GOGCCFLAGS",
	"CC", "CXX", "AR", "PKG_CONFIG", "PKG_CONFIG_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND",
}

func buildEnvironment() []string {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "CGO_") || slices.Contains(inherited, name) || slices.Contains(buildInherited, name) {
			env = append(env, variable)
		}
	}
	return env
}

// compileError makes of what the compiler has said an error with the first complaint as its message.
func compileError(said string, err error) *unready {
	const most = 20 // lines that help
	e := &unready{kind: "Runtime.BuildFailed", message: err.Error()}
	for line := range strings.Lines(said) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") || len(e.trace) == most {
			continue
		}
		if len(e.trace) == 0 {
			e.message = line
		}
		e.trace = append(e.trace, line)
	}
	return e
}

// cache is the folder for the executable of a folder of source.
func (h *Host) cache(fn *Function, root string) (string, error) {
	if fn.Built != "" {
		return fn.Built, os.MkdirAll(fn.Built, folderMode)
	}
	base := h.cfg.Cache
	if base == "" {
		user, err := os.UserCacheDir()
		if err != nil { // there is no home: build anew with each host
			if user, err = h.files(); err != nil {
				return "", err
			}
		}
		base = filepath.Join(user, "gangway", "functions")
	}
	folder := filepath.Join(base, fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:24])
	return folder, os.MkdirAll(folder, 0o700)
}

// outlive is a context that lasts when its caller has left, until the host closes.
func (h *Host) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(h.over(), cancel)
	return ctx, func() { stop(); cancel() }
}
