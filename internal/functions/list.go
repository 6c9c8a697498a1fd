package functions

import (
	"cmp"
	"maps"
	"net/http"
	"runtime"
	"slices"
)

// all are the pools, in the order of their functions' names.
func (h *Host) all() []*pool {
	h.mu.Lock()
	defer h.mu.Unlock()
	pools := make([]*pool, 0, len(h.pools))
	for _, name := range slices.Sorted(maps.Keys(h.pools)) {
		pools = append(pools, h.pools[name])
	}
	return pools
}

// configuration is what tools show of a function: FunctionConfiguration in the reference. Its environment is left out, as
// secrets are in there.
func (h *Host) configuration(fn *Function) map[string]any {
	architecture := runtime.GOARCH
	if architecture == "amd64" {
		architecture = "x86_64"
	}
	return map[string]any{
		"FunctionName": fn.Name, "FunctionArn": h.arn(fn.Name), "Runtime": cmp.Or(fn.Runtime, "provided.al2023"), "Handler": fn.Handler,
		"Timeout": int(fn.Timeout.Seconds()), "MemorySize": fn.Memory, "Version": latest, "PackageType": "Zip",
		"State": "Active", "LastUpdateStatus": "Successful", "Role": "arn:aws:iam::" + h.cfg.Account + ":role/local",
		"LastModified": h.since.UTC().Format("2006-01-02T15:04:05.000-0700"), "CodeSize": 0, "Description": "",
		"Architectures": []string{architecture}, "TracingConfig": map[string]string{"Mode": "PassThrough"},
	}
}

// list is the operation ListFunctions, always with one page.
func (h *Host) list(w http.ResponseWriter, _ *http.Request) error {
	pools := h.all()
	found := make([]map[string]any, 0, len(pools))
	for _, p := range pools {
		found = append(found, h.configuration(&p.fn))
	}
	write(w, http.StatusOK, map[string]any{"Functions": found})
	return nil
}

// get is the operation GetFunction.
func (h *Host) get(w http.ResponseWriter, r *http.Request) error {
	p, _, err := h.named(r)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, map[string]any{
		"Configuration": h.configuration(&p.fn), "Code": map[string]string{"RepositoryType": "Local", "Location": p.fn.Dir},
	})
	return nil
}

// getConfiguration is the operation GetFunctionConfiguration.
func (h *Host) getConfiguration(w http.ResponseWriter, r *http.Request) error {
	p, _, err := h.named(r)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, h.configuration(&p.fn))
	return nil
}
