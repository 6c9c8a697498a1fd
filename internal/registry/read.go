package registry

import (
	"maps"
	"slices"
	"strconv"
)

// get is the operation GetFunction.
func (c *call) get() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	shown := map[string]any{
		"Configuration": c.configuration(f, c.qualifier),
		"Code":          map[string]string{"RepositoryType": "Local", "Location": "file://" + c.shelf.code(f.Name, f.Sum) + ".zip"},
	}
	if len(f.Tags) > 0 {
		shown["Tags"] = f.Tags
	}
	if f.Reserved != nil {
		shown["Concurrency"] = concurrency{f.Reserved}
	}
	return shown, nil
}

// getConfiguration is the operation GetFunctionConfiguration.
func (c *call) getConfiguration() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	return c.configuration(f, c.qualifier), nil
}

// maxPage is how many functions there are on a page of ListFunctions, whatever is asked for.
const maxPage = 50

// list is the operation ListFunctions. A marker is the name after which a page begins.
func (c *call) list() (any, error) {
	size := maxPage
	if sent := c.query["MaxItems"]; len(sent) > 0 {
		n, err := strconv.Atoi(sent[0])
		if err != nil || n < 1 || n > 10000 {
			return nil, unfit("maxItems", sent[0], "Member must have value between 1 and 10000")
		}
		size = min(n, maxPage)
	}
	after := ""
	if sent := c.query["Marker"]; len(sent) > 0 {
		after = sent[0]
	}
	all := c.now()
	names := slices.Sorted(maps.Keys(all))
	names = slices.DeleteFunc(names, func(name string) bool { return name <= after })
	page := names[:min(size, len(names))]
	found := make([]*configuration, 0, len(page))
	for _, name := range page {
		found = append(found, c.configuration(all[name], ""))
	}
	shown := map[string]any{"Functions": found}
	if len(page) < len(names) {
		shown["NextMarker"] = page[len(page)-1]
	}
	return shown, nil
}

// listVersions is the operation ListVersionsByFunction: there is one.
func (c *call) listVersions() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	return map[string]any{"Versions": []*configuration{c.configuration(f, latest)}}, nil
}

// getSigning is the operation GetFunctionCodeSigningConfig: no function has one.
func (c *call) getSigning() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	return map[string]string{"FunctionName": f.Name}, nil
}

// empty is a list of what there is none of, for the function of the call, if there is one.
func empty(member string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if _, named := c.arguments["FunctionName"]; named {
			if _, err := c.current(); err != nil {
				return nil, err
			}
		}
		return map[string][]string{member: {}}, nil
	}
}

// absent is said of what there is none of.
func absent(*call) (any, error) { return nil, missing("The resource you requested does not exist.") }
