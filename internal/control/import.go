package control

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// maxImport is how many API keys one file may hold; the service does not document its own figure. Nobody else can write
// while a file is being imported.
const maxImport = 1000

// imported is what an import answers with.
type imported struct {
	IDs      []string `json:"ids"`
	Warnings []string `json:"warnings"`
}

// importAPIKeys makes API keys of a CSV file: "API key file format" in the developer guide. Columns are known by their
// names; lines that make no key are warnings, or, with failonwarnings, the end of it.
func importAPIKeys(c *call) (any, error) {
	lines, err := c.keyFile()
	if err != nil {
		return nil, err
	}
	var result imported
	err = c.update(func(tx *cluster.Tx) error {
		result = imported{[]string{}, []string{}}
		taken, err := c.room(tx, len(lines)-1)
		if err != nil {
			return err
		}
		for i, fields := range lines[1:] {
			if err := c.ctx.Err(); err != nil { // nobody waits for the answer any more
				return gateway.Errorf(gateway.ErrUnavailable, "The client has left: %v", err)
			}
			id, err := c.importKey(tx, taken, lineOf(lines[0], fields))
			if id != "" {
				result.IDs = append(result.IDs, id)
			}
			if err == nil {
				continue
			}
			if c.query.Get("failonwarnings") == "true" {
				return gateway.Errorf(gateway.ErrInvalid, "line %d: %v", i+2, err)
			}
			result.Warnings = append(result.Warnings, fmt.Sprintf("line %d: %v", i+2, err))
		}
		return nil
	})
	return result, err
}

// room makes sure of the quota, and gathers the values that are taken.
func (c *call) room(tx *cluster.Tx, more int) (taken map[string]bool, err error) {
	all, err := members[gateway.APIKey](tx, "apikeys")
	if err != nil {
		return nil, err
	}
	taken = make(map[string]bool, len(all)+more)
	for _, key := range all {
		taken[key.object.Value] = true
	}
	limit := c.Quotas["apikeys"]
	return taken, conflict(limit > 0 && len(all)+more > limit, "Maximum number of API Keys for this account would be exceeded: there are %d, "+
		"%d more would come, the limit is %d. The setting --quotas apikeys=… raises it", len(all), more, limit)
}

// keyFile reads the body as an API key file: the line with the names of the columns, and the others.
func (c *call) keyFile() ([][]string, error) {
	if format := c.query.Get("format"); format != "csv" {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid format specified: '%s'. Must be one of [csv]", format)
	}
	file := csv.NewReader(bytes.NewReader(c.body))
	file.TrimLeadingSpace = true
	lines, err := file.ReadAll()
	switch {
	case err != nil:
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid API key file: %v", err)
	case len(lines) == 0:
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid API key file: expected a first line such as Name,key,description,Enabled,usageplanIds")
	case len(lines) > maxImport+1:
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid API key file: expected at most %d keys, got %d. Import them in several files", maxImport, len(lines)-1)
	}
	return lines, nil
}

// lineOf is a line by the names of its columns, in lower case.
func lineOf(columns, fields []string) map[string]string {
	line := map[string]string{}
	for i, column := range columns {
		line[strings.ToLower(strings.TrimSpace(column))] = strings.TrimSpace(fields[i])
	}
	return line
}

// importKey makes one API key, and puts it into the usage plans that the line names. An error with an id is of a key that
// is not in all of them.
func (c *call) importKey(tx *cluster.Tx, taken map[string]bool, line map[string]string) (string, error) {
	key := new(gateway.APIKey)
	key.Name, key.Value, key.Description = line["name"], line["key"], line["description"]
	key.Enabled = !strings.EqualFold(line["enabled"], "false")
	switch {
	case key.Value == "":
		return "", gateway.Errorf(gateway.ErrInvalid, "there is no key")
	case taken[key.Value]:
		return "", gateway.Errorf(gateway.ErrConflict, "API Key already exists")
	}
	at, err := apiKeys.newKey(tx, "apikeys", key)
	if err != nil {
		return "", err
	}
	key.Locate(at, c.Now())
	if err := key.Validate(); err != nil {
		return "", err
	}
	if err := tx.Put(at, key); err != nil {
		return "", err
	}
	taken[key.Value] = true
	for id := range strings.FieldsFuncSeq(line["usageplanids"], func(r rune) bool { return r == ',' || r == ' ' }) {
		planKey := &gateway.UsagePlanKey{}
		planKey.KeyID, planKey.KeyType = at.ID(), "API_KEY"
		plan := gateway.Key("").Child("usageplans", id)
		err := c.may(post, plan+"/keys")
		if err == nil {
			err = c.exists(tx, plan)
		}
		if err == nil {
			_, err = planKeys.add(c, tx, plan+"/keys", planKey)
		}
		if err != nil {
			return at.ID(), err
		}
	}
	return at.ID(), nil
}
