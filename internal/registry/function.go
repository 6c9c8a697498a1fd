package registry

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"gangway/internal/functions"
)

// A function is a definition as it is kept. It never changes: an operation replaces it.
type function struct {
	Name     string
	Settings settings
	Sum      string // SHA-256 of the archive, in hexadecimal digits
	Size     int    // of the archive
	Modified time.Time
	Revision string // RevisionId: another one after each change
	Reserved *int   `json:",omitempty"` // concurrency
	Tags     map[string]string
	Policy   []json.RawMessage // statements
	Sealed   []byte            `json:",omitempty"` // the environment, on disk alone
}

// latest is the one version that there is.
const latest = "$LATEST"

// configuration is FunctionConfiguration in the reference, as much of it as says something here.
type configuration struct {
	settings

	FunctionName, FunctionArn, LastModified, CodeSha256, Version string
	RevisionID                                                   string `json:"RevisionId"`
	State, LastUpdateStatus, PackageType                         string
	CodeSize                                                     int
}

// configuration renders the function. With a qualifier, its ARN has it.
func (s *Server) configuration(f *function, qualifier string) *configuration {
	arn := s.arn(f.Name)
	if qualifier != "" {
		arn += ":" + qualifier
	}
	sum, _ := hex.DecodeString(f.Sum) // it was checked when it was read
	return &configuration{
		settings: f.Settings, FunctionName: f.Name, FunctionArn: arn, Version: latest, RevisionID: f.Revision,
		LastModified: f.Modified.UTC().Format("2006-01-02T15:04:05.000-0700"),
		CodeSha256:   base64.StdEncoding.EncodeToString(sum), CodeSize: f.Size,
		State: "Active", LastUpdateStatus: "Successful", PackageType: "Zip",
	}
}

// hosted is the function as the host has it.
func (s *Server) hosted(f *function) functions.Function {
	h := functions.Function{
		Name: f.Name, Runtime: f.Settings.Runtime, Handler: f.Settings.Handler, Dir: s.shelf.code(f.Name, f.Sum), Built: s.shelf.built(f.Name, f.Sum),
		Timeout: time.Duration(f.Settings.Timeout) * time.Second, Memory: f.Settings.MemorySize,
	}
	if f.Settings.Environment != nil {
		h.Environment = f.Settings.Environment.Variables
	}
	if f.Reserved != nil {
		h.Concurrency = cmp.Or(*f.Reserved, -1) // none at all
	}
	return h
}

// copy is a function that can be made into another one.
func (f *function) copy() *function {
	c := *f
	c.Tags = maps.Clone(f.Tags)
	return &c
}

func (s *Server) arn(name string) string {
	return "arn:aws:lambda:" + s.cfg.Region + ":" + s.cfg.Account + ":function:" + name
}
