package registry

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"gangway/internal/functions"
)

// sent is the code of a request. What asks for things that are not here is refused.
func (c *call) sent() (code []byte, err error) {
	for _, members := range []map[string]json.RawMessage{c.request, c.parts} {
		if err := refuseUnserved(members); err != nil {
			return nil, err
		}
	}
	if len(c.code) > 0 {
		err = json.Unmarshal(c.code, &code)
	}
	if c.code = nil; err != nil { // the request, which is large, is not needed any more
		return nil, errNotJSON
	}
	return code, nil
}

// openArchive reads uploaded code.
func openArchive(text []byte) (*functions.Archive, error) {
	if len(text) > maxArchive {
		return nil, tooLarge("The archive", maxArchive)
	}
	return functions.OpenArchive(text)
}

// maxArchive is how large code may be when it comes in a request: "Lambda quotas" in the developer guide.
const maxArchive = 50 << 20

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
	var name string
	_ = json.Unmarshal(c.request["FunctionName"], &name) // what is no text is no name
	return name
}

// create is the operation CreateFunction.
func (c *call) create() (any, error) {
	text, err := c.sent()
	if err != nil {
		return nil, err
	}
	var sent struct{ PackageType string }
	if err := c.say(&sent); err != nil {
		return nil, err
	}
	if sent.PackageType != "" && sent.PackageType != "Zip" {
		return nil, invalid("PackageType %s is not served by Gangway: there are no container images", sent.PackageType)
	}
	next := &function{Name: c.name, Modified: c.cfg.Now(), Tags: c.tags}
	if next.Settings, err = settingsOf(&settings{Timeout: defaultTimeout, MemorySize: minMemory}, c.request, c.name); err != nil {
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
func (c *call) add(next *function, code *functions.Archive) (any, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for name := range c.now() {
		// Where a disk does not tell letters by their case, the two would have one folder.
		if strings.EqualFold(name, next.Name) {
			return nil, conflict("Function already exist: %s", name)
		}
	}
	if c.broken(next.Name) != nil {
		return nil, conflict("Function already exist: %s, and is damaged: delete it first", next.Name)
	}
	err := c.shelf.begin(next.Name)
	if err == nil {
		err = c.keep(next, code)
	}
	if err == nil {
		err = c.replace(nil, next)
	}
	if err != nil {
		return nil, errors.Join(err, c.shelf.drop(next.Name))
	}
	return c.configuration(next, ""), nil
}

// keep puts code on disk, for a function that is not there yet to have it.
func (c *call) keep(f *function, code *functions.Archive) (err error) {
	f.Sum, err = c.shelf.keep(f.Name, code)
	f.Size = len(code.Text())
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
	text, err := c.sent()
	if err != nil {
		return nil, err
	}
	var sent revised
	if err := c.say(&sent); err != nil {
		return nil, err
	}
	code, err := openArchive(text)
	if err != nil {
		return nil, err
	}
	request := map[string]json.RawMessage{}
	if architectures, ok := c.request["Architectures"]; ok {
		request["Architectures"] = architectures
	}
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
	if _, err := c.sent(); err != nil {
		return nil, err
	}
	var sent revised
	if err := c.say(&sent); err != nil {
		return nil, err
	}
	f, err := c.change(func(f *function) (err error) {
		if err := sent.check(f); err != nil {
			return err
		}
		f.Modified = c.cfg.Now()
		f.Settings, err = settingsOf(&f.Settings, c.request, f.Name)
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
	if c.broken(c.name) != nil {
		return nil, c.setAside()
	}
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

// setAside takes a damaged function away: its folder is kept under another name, as nobody knows what it may be needed for.
func (c *call) setAside() error {
	if err := c.shelf.setAside(c.name, c.cfg.Now()); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.damaged, c.name)
	c.log(c.name)
	return nil
}
