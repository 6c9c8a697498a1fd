package gateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"time"
)

// A Model is a JSON schema under a name, for routes to ask messages to follow.
type Model struct {
	ModelSettings
	ModelID string `json:"modelId"`
}

// ModelSettings is what a client may write of a [Model].
type ModelSettings struct {
	ContentType string `json:"contentType,omitempty"`
	Description string `json:"description,omitempty"`
	Name        string `json:"name"`
	Schema      string `json:"schema"`
}

// Settings is the part that a client may write.
func (m *Model) Settings() any { return &m.ModelSettings }

// Locate writes the part that is ours.
func (m *Model) Locate(key Key, _ time.Time) { m.ModelID = key.ID() }

var modelName = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// Validate implements [Object]. What the schema means is nothing it looks at.
func (m *Model) Validate() error {
	return check(
		when(!modelName.MatchString(m.Name), "Model name must be alphanumeric: %s", m.Name),
		atMost("name", m.Name, 128),
		atMost("contentType", m.ContentType, 256),
		atMost("description", m.Description, 1024),
		atMost("schema", m.Schema, 32768),
		m.validateSchema(),
	)
}

func (m *Model) validateSchema() error {
	var schema map[string]json.RawMessage
	if err := json.Unmarshal([]byte(m.Schema), &schema); err != nil || schema == nil {
		return Errorf(ErrInvalid, "Invalid model schema specified: expected the text of a JSON object, such as "+
			`{"type":"object"} (%v)`, cmp.Or(err, errNoSchema))
	}
	return nil
}

var errNoSchema = errors.New("it is null")

// References implements [Object].
func (m *Model) References() []Key { return nil }
