package functions

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// inherited are the variables of this process that functions get: what interpreters need to work at all. Nothing of AWS is
// among them, so that a function cannot use the credentials of the shell by accident.
var inherited = []string{
	"PATH", "HOME", "USER", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV",
	"PYENV_ROOT", "PYENV_VERSION", "NVM_DIR", "VOLTA_HOME", "ASDF_DATA_DIR",
	"SystemRoot", "SYSTEMDRIVE", "PATHEXT", "COMSPEC", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
}

// environment is all variables of a process: "Defined runtime environment variables" in the developer guide.
func (p *process) environment(cmd *command, api string) []string {
	fn, cfg := &p.pool.fn, &p.pool.host.cfg
	env := map[string]string{}
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	maps.Copy(env, map[string]string{
		"LANG": "en_US.UTF-8", "TZ": ":UTC", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_EC2_METADATA_DISABLED": "true",
	})
	p.pool.paths(env, cmd.root)
	maps.Copy(env, cfg.Environment)
	maps.Copy(env, fn.Environment)
	maps.Copy(env, map[string]string{ // reserved: a function cannot set them
		"_HANDLER":                        fn.Handler,
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_LAMBDA_FUNCTION_NAME":        fn.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(fn.Memory),
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + fn.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      p.stream,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_REGION":                      cfg.Region,
		"AWS_DEFAULT_REGION":              cfg.Region,
		"LAMBDA_TASK_ROOT":                cmd.root,
		"LAMBDA_RUNTIME_DIR":              cmd.runtime,
		hostVariable:                      ownName(),
	})
	if fn.kind() == python { // for its runtime to put it back: a module of the function must not cover what that imports
		env["GANGWAY_PYTHONPATH"] = env["PYTHONPATH"]
		delete(env, "PYTHONPATH")
		env["PYTHONDONTWRITEBYTECODE"] = "1" // on Lambda the folder of code cannot be written
	}
	if fn.kind() == node || fn.kind() == python {
		env["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + fn.Runtime
	}
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

var majorMinor = regexp.MustCompile(`\d+(\.\d+)?`)

// paths puts the code and the layers where interpreters look: "Layer paths for each Lambda runtime" in the developer guide.
func (p *pool) paths(env map[string]string, root string) {
	number := majorMinor.FindString(p.fn.Runtime)
	var modules, packages, programs, libraries []string
	packages = append(packages, root)
	libraries = append(libraries, root, filepath.Join(root, "lib"))
	for _, layer := range slices.Backward(p.fn.Layers) { // a later layer covers an earlier one
		layer, err := filepath.Abs(layer)
		if err != nil {
			continue // there is no working folder, and so no such layer
		}
		nodejs, libs := filepath.Join(layer, "nodejs"), filepath.Join(layer, "python")
		major, _, _ := strings.Cut(number, ".")
		modules = append(modules, filepath.Join(nodejs, "node_modules"), filepath.Join(nodejs, "node"+major, "node_modules"),
			filepath.Join(layer, "node_modules"))
		packages = append(packages, libs, filepath.Join(libs, "lib", "python"+number, "site-packages"))
		programs = append(programs, filepath.Join(layer, "bin"))
		libraries = append(libraries, filepath.Join(layer, "lib"))
	}
	switch p.fn.kind() {
	case node:
		env["NODE_PATH"] = join(append(modules, root)...)
	case python:
		env["PYTHONPATH"] = join(packages...)
	default:
	}
	env["PATH"] = join(append(programs, env["PATH"])...)
	env["LD_LIBRARY_PATH"] = join(append(libraries, env["LD_LIBRARY_PATH"])...)
}

// join makes a list of folders, without empty ones: those would mean the working folder.
func join(folders ...string) string {
	folders = slices.DeleteFunc(folders, func(s string) bool { return s == "" })
	return strings.Join(folders, string(os.PathListSeparator))
}
