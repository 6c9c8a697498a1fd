package gateway

import "time"

// A Deployment is a name for a [Snapshot] of an API.
type Deployment struct {
	DeploymentSettings
	AutoDeployed     bool      `json:"autoDeployed"`
	CreatedDate      time.Time `json:"createdDate"`
	DeploymentID     string    `json:"deploymentId"`
	DeploymentStatus string    `json:"deploymentStatus"`
	// DeploymentStatusMessage says what went wrong, or what of the deployment cannot run.
	DeploymentStatusMessage string `json:"deploymentStatusMessage,omitempty"`
}

// DeploymentSettings is what a client may write of a [Deployment].
type DeploymentSettings struct {
	Description string `json:"description,omitempty"`
}

// Settings is the part that a client may write.
func (d *Deployment) Settings() any { return &d.DeploymentSettings }

// Locate writes the part that is ours.
func (d *Deployment) Locate(key Key, now time.Time) {
	d.DeploymentID = key.ID()
	d.DeploymentStatus = "DEPLOYED"
	if d.CreatedDate.IsZero() {
		d.CreatedDate = date(now)
	}
}

// Validate implements [Object].
func (d *Deployment) Validate() error { return atMost("description", d.Description, 1024) }

// References implements [Object].
func (d *Deployment) References() []Key { return nil }

// A Snapshot is everything of an API that a stage needs to run but the stage's own settings, frozen when it was
// deployed. It is plain JSON, and never changes.
type Snapshot struct {
	API          API                   `json:"api"`
	Routes       []DeployedRoute       `json:"routes"`
	Integrations []DeployedIntegration `json:"integrations"`
	Authorizers  []Authorizer          `json:"authorizers"`
	Models       []Model               `json:"models"`
}

// DeployedRoute is a route with what belongs to it.
type DeployedRoute struct {
	Route
	Responses []RouteResponse `json:"responses,omitempty"`
}

// DeployedIntegration is an integration with what belongs to it.
type DeployedIntegration struct {
	Integration
	Responses []IntegrationResponse `json:"responses,omitempty"`
}
