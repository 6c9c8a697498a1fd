package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
)

// decode reads the body of a request. One without a body says nothing.
func decode(body []byte, to any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, to); err != nil {
		return errNotJSON
	}
	return nil
}

// sent are the members of a request that say something, and the code that it has. What asks for things that are not here is
// refused. The body is afterwards what is left of it without the code.
func (c *call) sent() (request map[string]json.RawMessage, code []byte, err error) {
	if err := decode(c.body, &request); err != nil {
		return nil, nil, err
	}
	c.body = nil // it may be large
	maps.DeleteFunc(request, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	parts := request
	if inner, ok := request["Code"]; ok {
		parts = nil
		if err := decode(inner, &parts); err != nil {
			return nil, nil, err
		}
	}
	archive := parts["ZipFile"]
	delete(parts, "ZipFile")
	delete(request, "Code")
	for _, members := range []map[string]json.RawMessage{request, parts} {
		if err := refuseUnserved(members); err != nil {
			return nil, nil, err
		}
	}
	if err := decode(archive, &code); err != nil {
		return nil, nil, err
	}
	c.body, err = json.Marshal(request)
	return request, code, err
}

// settingsOf are settings with what a request says, complete and right.
func settingsOf(s *settings, request map[string]json.RawMessage, name string) (settings, error) {
	merged, err := s.merge(request)
	if err != nil {
		return merged, err
	}
	merged.complete(name)
	return merged, merged.check()
}

// sentName is the name in the body of CreateFunction.
func (c *call) sentName() string {
	var sent struct{ FunctionName string }
	_ = decode(c.body, &sent) // read again, and then refused
	return sent.FunctionName
}

// create is the operation CreateFunction.
func (c *call) create() (any, error) {
	request, text, err := c.sent()
	if err != nil {
		return nil, err
	}
	var sent struct {
		PackageType string
		Tags        map[string]string
	}
	if err := decode(c.body, &sent); err != nil {
		return nil, err
	}
	if sent.PackageType != "" && sent.PackageType != "Zip" {
		return nil, invalid("PackageType %s is not served by Gangway: there are no container images", sent.PackageType)
	}
	next := &function{Name: c.name, Modified: c.cfg.Now(), Tags: sent.Tags}
	if next.Settings, err = settingsOf(new(settings), request, c.name); err != nil {
		return nil, err
	}
	if err := checkTags(next.Tags); err != nil {
		return nil, err
	}
	code, err := openArchive(text)
	if err != nil {
		return nil, err
	}
	return c.add(next, code)
}

// add has a function that is not there be there.
func (c *call) add(next *function, code *archive) (any, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for name := range c.now() {
		// Where a disk does not tell letters by their case, the two would have one folder.
		if strings.EqualFold(name, next.Name) {
			return nil, conflict("Function already exist: %s", name)
		}
	}
	err := c.keep(next, code)
	if err == nil {
		err = c.replace(nil, next)
	}
	if err != nil {
		return nil, errors.Join(err, c.shelf.drop(next.Name))
	}
	return c.configuration(next, ""), nil
}

// keep puts code on disk, for a function that is not there yet to have it.
func (c *call) keep(f *function, code *archive) (err error) {
	f.Sum, err = c.shelf.keep(f.Name, code)
	f.Size = len(code.bytes)
	return err
}

// revised are the members by which updates say which revision they are of, and whether they are to be done at all.
type revised struct {
	RevisionID string `json:"RevisionId"`
	DryRun     bool
}

func (r *revised) check(f *function) error {
	if r.RevisionID != "" && r.RevisionID != f.Revision {
		return faultf(http.StatusPreconditionFailed, "PreconditionFailedException", "The Revision Id provided does not match the latest "+
			"Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return nil
}

// updateCode is the operation UpdateFunctionCode.
func (c *call) updateCode() (any, error) {
	request, text, err := c.sent()
	if err != nil {
		return nil, err
	}
	var sent revised
	if err := decode(c.body, &sent); err != nil {
		return nil, err
	}
	code, err := openArchive(text)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(request, func(name string, _ json.RawMessage) bool { return name != "Architectures" })
	edit := func(f *function) (err error) {
		if err := sent.check(f); err != nil {
			return err
		}
		f.Modified = c.cfg.Now()
		f.Settings, err = settingsOf(&f.Settings, request, f.Name)
		return err
	}
	if sent.DryRun {
		return c.try(edit)
	}
	f, err := c.change(func(f *function) error {
		if err := edit(f); err != nil {
			return err
		}
		return c.keep(f, code)
	})
	if err != nil {
		return nil, err
	}
	return c.configuration(f, ""), nil
}

// try shows what an edit would make of a function.
func (c *call) try(edit func(*function) error) (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	next := f.copy()
	if err := edit(next); err != nil {
		return nil, err
	}
	return c.configuration(next, ""), nil
}

// updateConfiguration is the operation UpdateFunctionConfiguration.
func (c *call) updateConfiguration() (any, error) {
	request, _, err := c.sent()
	if err != nil {
		return nil, err
	}
	var sent revised
	if err := decode(c.body, &sent); err != nil {
		return nil, err
	}
	delete(request, "Architectures") // which belong to the code
	f, err := c.change(func(f *function) (err error) {
		if err := sent.check(f); err != nil {
			return err
		}
		f.Modified = c.cfg.Now()
		f.Settings, err = settingsOf(&f.Settings, request, f.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.configuration(f, ""), nil
}

// delete is the operation DeleteFunction. Invocations under way come to their end, if they need no more of the code.
func (c *call) delete() (any, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	if c.qualifier != "" {
		return nil, invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	before := c.now()
	after := maps.Clone(before)
	delete(after, f.Name)
	if err := c.activate(after); err != nil {
		return nil, err
	}
	if err := c.shelf.drop(f.Name); err != nil {
		return nil, errors.Join(err, c.activate(before))
	}
	c.log(f.Name)
	return nil, nil
}
