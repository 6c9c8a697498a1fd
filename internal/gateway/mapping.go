package gateway

import (
	"regexp"
	"strings"
	"time"
)

// An APIMapping puts a stage under a path of a [DomainName].
type APIMapping struct {
	APIMappingSettings
	APIMappingID string `json:"apiMappingId"`
}

// APIMappingSettings is what a client may write of an [APIMapping].
type APIMappingSettings struct {
	APIID string `json:"apiId"`
	// APIMappingKey is the path, without the first slash; empty for the whole domain.
	APIMappingKey string `json:"apiMappingKey"`
	Stage         string `json:"stage"`
}

// Settings is the part that a client may write.
func (m *APIMapping) Settings() any { return &m.APIMappingSettings }

// Locate writes the part that is ours.
func (m *APIMapping) Locate(key Key, _ time.Time) { m.APIMappingID = key.ID() }

// StageKey is the stage that the mapping leads to.
func (m *APIMapping) StageKey() StageKey { return StageKey{API: m.APIID, Stage: m.Stage} }

var mappingKey = regexp.MustCompile(`^[A-Za-z0-9$\-_.+!*'(),/]*$`)

// Validate implements [Object].
func (m *APIMapping) Validate() error {
	key := m.APIMappingKey
	return check(
		when(m.APIID == "", "Invalid API identifier specified"),
		when(m.Stage == "", "Invalid stage identifier specified"),
		when(!mappingKey.MatchString(key), "An ApiMapping key may contain only letters, numbers and one of $-_.+!*'(),"),
		when(strings.HasPrefix(key, "/") || strings.Contains(key, "//"),
			"API mapping key should not start with a '/' or have consecutive '/'s."),
		when(strings.HasSuffix(key, "/"), "API mapping key should not end with a '/'."),
		atMost("apiMappingKey", key, 300),
	)
}

// References implements [Object]. A mapping stands below no API; who saves it looks for the stage.
func (m *APIMapping) References() []Key { return nil }
