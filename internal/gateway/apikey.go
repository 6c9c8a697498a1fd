package gateway

import (
	"encoding/json"
	"time"
)

// An APIKey is what a client shows when it connects to a stage whose $connect route asks for one: "Usage plans and API
// keys" in the developer guide.
type APIKey struct {
	APIKeySettings
	APIKeyOrigin
	ID              string `json:"id"`
	CreatedDate     Epoch  `json:"createdDate"`
	LastUpdatedDate Epoch  `json:"lastUpdatedDate"`
}

// APIKeySettings is what a client may write of an [APIKey].
type APIKeySettings struct {
	CustomerID  string `json:"customerId,omitempty"`
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Name        string `json:"name,omitempty"`
}

// APIKeyOrigin is what a client may write of an [APIKey] when it creates it.
type APIKeyOrigin struct {
	// GenerateDistinctID is read and changes nothing: ids are always distinct from values.
	GenerateDistinctID bool              `json:"generateDistinctId,omitempty"`
	StageKeys          []KeyedStage      `json:"stageKeys"`
	Tags               map[string]string `json:"tags"`
	Value              string            `json:"value,omitempty"`
}

// KeyedStage is a stage that an [APIKey] is for, written "{api}/{stage}"; clients send an object.
type KeyedStage string

// UnmarshalJSON implements json.Unmarshaler.
func (k *KeyedStage) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, (*string)(k))
	}
	var stage struct {
		RestAPIID string `json:"restApiId"`
		StageName string `json:"stageName"`
	}
	if err := json.Unmarshal(text, &stage); err != nil {
		return err
	}
	*k = KeyedStage(stage.RestAPIID + "/" + stage.StageName)
	return nil
}

// Settings is the part that a client may write.
func (k *APIKey) Settings() any { return &k.APIKeySettings }

// Origin is the part that a client may write once.
func (k *APIKey) Origin() any { return &k.APIKeyOrigin }

// Locate writes the part that is ours, and the defaults.
func (k *APIKey) Locate(key Key, now time.Time) {
	k.ID = key.ID()
	k.LastUpdatedDate = EpochOf(now)
	if k.CreatedDate == 0 {
		k.CreatedDate = k.LastUpdatedDate
	}
	if k.Value == "" {
		k.Value = NewObjectID(40)
	}
	k.GenerateDistinctID = false
	if k.StageKeys == nil {
		k.StageKeys = []KeyedStage{}
	}
	if k.Tags == nil {
		k.Tags = map[string]string{}
	}
}

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be.
func (k *APIKey) Patch(p Patch) error {
	replace := []string{opReplace}
	return apply(k, p, []edit[APIKey]{
		{"/description", replace, toText(func(k *APIKey) *string { return &k.Description })},
		{"/enabled", replace, (*APIKey).patchEnabled},
		{"/name", replace, toText(func(k *APIKey) *string { return &k.Name })},
		{"/customerId", replace, toText(func(k *APIKey) *string { return &k.CustomerID })},
	})
}

func (k *APIKey) patchEnabled(p Patch) error {
	enabled, err := p.boolean()
	if err == nil {
		k.Enabled = enabled
	}
	return err
}

// Validate implements [Object].
func (k *APIKey) Validate() error {
	return check(
		when(len(k.Value) < 20, "API Key value should be at least 20 characters"),
		when(len(k.Value) > 128, "API Key value exceeds maximum size of 128 characters"),
		when(atMost("name", k.Name, 1024) != nil, "Invalid API Key name, can be at most 1024 characters."),
		when(atMost("description", k.Description, 1024) != nil, "Invalid API Key description specified."),
		atMost("customerId", k.CustomerID, 1024),
		validateTags(k.Tags),
	)
}

// References implements [Object].
func (k *APIKey) References() []Key { return nil }
