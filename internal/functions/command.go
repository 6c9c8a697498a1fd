package functions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// An unready error says why a function cannot be started: what its user has to do.
type unready struct {
	kind    string // errorType
	message string
	trace   []string // as of a compiler
}

// Error implements error.
func (e *unready) Error() string { return e.message }

// unstartable is the outcome of an invocation of a function that could not be started, and what is logged of it.
func unstartable(inv *invocation, err error) (out *outcome, lines []string) {
	if e, ok := errors.AsType[*unready](err); ok {
		return failure(e.kind, e.message, e.trace...), append([]string{e.kind + ": " + e.message}, e.trace...)
	}
	return inv.failed("Runtime.InvalidEntrypoint", err.Error()), []string{"cannot be started: " + err.Error()}
}

func unhosted(runtime string) string {
	return fmt.Sprintf("the runtime %q is not run here: nodejs, python, provided and go1.x are", runtime)
}

// command is how a process of the function is started, its environment apart.
func (p *pool) command(ctx context.Context) (*command, error) {
	root, err := p.root()
	if err != nil {
		return nil, err
	}
	cmd := &command{root: root, runtime: root}
	switch p.fn.kind() {
	case node, python:
		return p.interpreted(ctx, cmd)
	case custom:
		return p.custom(ctx, cmd)
	default:
		return nil, &unready{kind: "InvalidRuntime", message: unhosted(p.fn.Runtime)}
	}
}

// interpreted starts one of the runtimes that are embedded here.
func (p *pool) interpreted(ctx context.Context, cmd *command) (*command, error) {
	files, err := p.host.files()
	if err != nil {
		return nil, err
	}
	cmd.runtime = files
	if p.fn.kind() == node {
		return p.node(ctx, cmd, filepath.Join(files, "node.cjs"))
	}
	cmd.path, err = p.find("Python 3", "python3", "python")
	cmd.args = []string{"-u", filepath.Join(files, "python.py")}
	return limited(cmd, p.fn.Memory), err
}

// root is the folder with the code: the function's, or one made for its inline source.
func (p *pool) root() (string, error) {
	fn := &p.fn
	if fn.Inline == "" {
		root, err := filepath.Abs(fn.Dir)
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(root); err != nil || !info.IsDir() {
			return "", &unready{kind: "Runtime.CodeMissing", message: "there is no folder " + root + ": the code of the function " + fn.Name}
		}
		return root, nil
	}
	p.code.making.Lock()
	defer p.code.making.Unlock()
	if p.code.inline != "" {
		return p.code.inline, nil
	}
	files, err := p.host.files()
	if err != nil {
		return "", err
	}
	root, err := os.MkdirTemp(files, fn.Name+"-")
	if err != nil {
		return "", err
	}
	p.code.inline = root
	return root, os.WriteFile(filepath.Join(root, fn.inlineName()), []byte(fn.Inline), 0o600)
}

var moduleSyntax = regexp.MustCompile(`(?m)^\s*(import\s+[\w{*"']|export\s+[\w{*])`)

// inlineName is the file that Lambda makes of source text ("ZipFile" of AWS::Lambda::Function Code).
func (f *Function) inlineName() string {
	switch {
	case f.kind() == python:
		return "index.py"
	case moduleSyntax.MatchString(f.Inline):
		return "index.mjs"
	}
	return "index.js"
}

// find looks for an interpreter on the PATH that functions get.
func (p *pool) find(product string, names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", &unready{
		kind: "Runtime.InterpreterMissing",
		message: fmt.Sprintf("the function %s needs %s (%s): there is no %s on the PATH; install it, or put its folder on the PATH",
			p.fn.Name, product, p.fn.Runtime, names[0]),
	}
}

// node starts Node.js with the heap that Lambda gives it: nine tenths of the memory.
func (p *pool) node(ctx context.Context, cmd *command, script string) (*command, error) {
	path, err := p.find("Node.js", "node")
	if err != nil {
		return nil, err
	}
	cmd.path = path
	cmd.args = []string{"--max-old-space-size=" + strconv.Itoa(p.fn.Memory*9/10), script}
	if !p.fn.typeScript(cmd.root) {
		return cmd, nil
	}
	out, err := exec.CommandContext(context.WithoutCancel(ctx), path, "--version").Output()
	if err != nil {
		return nil, err
	}
	major, minor := version(string(out))
	switch {
	case major < 22 || major == 22 && minor < 6:
		return nil, &unready{
			kind: "Runtime.TypeScriptUnsupported",
			message: fmt.Sprintf("the handler %s is TypeScript: that needs Node.js 22.6 or newer, and there is %s; install a newer one or compile it",
				p.fn.Handler, strings.TrimSpace(string(out))),
		}
	case major == 22 && minor < 18 || major == 23 && minor < 6: // since then it is the default
		cmd.args = append([]string{"--experimental-strip-types"}, cmd.args...)
	}
	return cmd, nil
}

// typeScript says that the handler's module is only there as TypeScript.
func (f *Function) typeScript(root string) bool {
	folder, file := path.Split(f.Handler)
	module, _, _ := strings.Cut(file, ".")
	base := filepath.Join(root, filepath.FromSlash(folder), module)
	for _, extension := range []string{"", ".js", ".mjs", ".cjs"} {
		if info, err := os.Stat(base + extension); err == nil && !info.IsDir() {
			return false
		}
	}
	for _, extension := range []string{".ts", ".mts", ".cts"} {
		if _, err := os.Stat(base + extension); err == nil {
			return true
		}
	}
	return false
}

var versionNumber = regexp.MustCompile(`(\d+)\.(\d+)`)

// version finds the first two parts of a version in a text; 0.0 if there is none.
func version(text string) (major, minor int) {
	match := versionNumber.FindStringSubmatch(text)
	if match == nil {
		return 0, 0
	}
	major, _ = strconv.Atoi(match[1]) // digits
	minor, _ = strconv.Atoi(match[2])
	return major, minor
}

var wantedVersion = regexp.MustCompile(`^(nodejs|python)(\d+)(?:\.(\d+))?`)

// compareVersion says once if the interpreter, by its word, is not the one that was asked for.
func (p *pool) compareVersion(agent string) {
	is, ours := strings.CutPrefix(agent, "gangway-runtime/")
	wanted := wantedVersion.FindStringSubmatch(p.fn.Runtime)
	if !ours || wanted == nil {
		return
	}
	major, minor := version(is)
	if strconv.Itoa(major) == wanted[2] && (p.fn.kind() == node || strconv.Itoa(minor) == wanted[3]) {
		return
	}
	p.host.notice(p.fn.Name, "version "+p.fn.Runtime, fmt.Sprintf("asks for %s and runs with %s", p.fn.Runtime, is))
}

// custom runs an executable named bootstrap, or builds one from Go source.
func (p *pool) custom(ctx context.Context, cmd *command) (*command, error) {
	names := []string{"bootstrap"}
	if runtime.GOOS == "windows" {
		names = append(names, "bootstrap.exe")
	}
	if p.fn.Runtime == "go1.x" && p.fn.Handler != "" && filepath.IsLocal(p.fn.Handler) {
		names = append(names, p.fn.Handler)
	}
	for _, name := range names {
		path := filepath.Join(cmd.root, name)
		info, err := os.Stat(path)
		switch {
		case err != nil || info.IsDir():
			continue
		case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
			return nil, &unready{kind: "Runtime.InvalidEntrypoint", message: path + " is not executable: chmod +x it"}
		}
		cmd.path = path
		return cmd, nil
	}
	if !hasGo(cmd.root) {
		return nil, &unready{
			kind:    "Runtime.InvalidEntrypoint",
			message: "Couldn't find valid bootstrap(s): " + cmd.root + " has neither an executable named bootstrap nor Go source",
		}
	}
	path, err := p.build(ctx, cmd.root)
	cmd.path = path
	return cmd, err
}
