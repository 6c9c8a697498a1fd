package gateway

import "time"

// A VPCLink is a VPC link of HTTP APIs. Integrations of WebSocket APIs take a [VPCLinkV1]; this one is kept for tools
// that create it.
type VPCLink struct {
	VPCLinkSettings
	VPCLinkOrigin
	CreatedDate          time.Time `json:"createdDate"`
	VPCLinkID            string    `json:"vpcLinkId"`
	VPCLinkStatus        string    `json:"vpcLinkStatus"`
	VPCLinkStatusMessage string    `json:"vpcLinkStatusMessage,omitempty"`
	VPCLinkVersion       string    `json:"vpcLinkVersion"`
}

// VPCLinkSettings is what a client may write of a [VPCLink].
type VPCLinkSettings struct {
	Name string `json:"name"`
}

// VPCLinkOrigin is what a client may write of a [VPCLink] when it creates it.
type VPCLinkOrigin struct {
	SecurityGroupIDs []string          `json:"securityGroupIds"`
	SubnetIDs        []string          `json:"subnetIds"`
	Tags             map[string]string `json:"tags"`
}

// Settings is the part that a client may write.
func (v *VPCLink) Settings() any { return &v.VPCLinkSettings }

// Origin is the part that a client may write once.
func (v *VPCLink) Origin() any { return &v.VPCLinkOrigin }

// Locate writes the part that is ours, and the defaults.
func (v *VPCLink) Locate(key Key, now time.Time) {
	v.VPCLinkID = key.ID()
	v.VPCLinkStatus = "AVAILABLE"
	v.VPCLinkStatusMessage = "VPC link is ready to route traffic"
	v.VPCLinkVersion = "V2"
	if v.CreatedDate.IsZero() {
		v.CreatedDate = date(now)
	}
	if v.SecurityGroupIDs == nil {
		v.SecurityGroupIDs = []string{}
	}
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
}

// Validate implements [Object].
func (v *VPCLink) Validate() error {
	return check(
		length("name", v.Name, 1, 128),
		when(len(v.SubnetIDs) == 0, "SubnetIds for a vpc link cannot be empty"),
		validateTags(v.Tags),
	)
}

// References implements [Object].
func (v *VPCLink) References() []Key { return nil }
