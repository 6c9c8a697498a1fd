package gateway

import (
	"net"
	"strconv"
	"time"
)

// TagUpstream is the tag of a [VPCLinkV1] that says where its integrations are dialled, as "host:port".
const TagUpstream = optionPrefix + "upstream"

// A VPCLinkV1 is a VPC link to a Network Load Balancer, the kind that integrations of WebSocket APIs take: "Set up
// private integrations for WebSocket APIs" in the developer guide.
type VPCLinkV1 struct {
	VPCLinkV1Settings
	VPCLinkV1Origin
	ID            string `json:"id"`
	Status        string `json:"status"`
	StatusMessage string `json:"statusMessage,omitempty"`
}

// VPCLinkV1Settings is what a client may write of a [VPCLinkV1].
type VPCLinkV1Settings struct {
	Description string `json:"description,omitempty"`
	Name        string `json:"name"`
}

// VPCLinkV1Origin is what a client may write of a [VPCLinkV1] when it creates it.
type VPCLinkV1Origin struct {
	Tags       map[string]string `json:"tags"`
	TargetARNs []string          `json:"targetArns"`
}

// Settings is the part that a client may write.
func (v *VPCLinkV1) Settings() any { return &v.VPCLinkV1Settings }

// Origin is the part that a client may write once.
func (v *VPCLinkV1) Origin() any { return &v.VPCLinkV1Origin }

// Locate writes the part that is ours, and the defaults.
func (v *VPCLinkV1) Locate(key Key, _ time.Time) {
	v.ID = key.ID()
	v.Status = "AVAILABLE"
	v.StatusMessage = "Your vpc link is ready for use"
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
}

// Upstream is where integrations with the link are dialled; empty: where their URI says.
func (v *VPCLinkV1) Upstream() string { return v.Tags[TagUpstream] }

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be.
func (v *VPCLinkV1) Patch(p Patch) error {
	replace := []string{opReplace}
	return apply(v, p, []edit[VPCLinkV1]{
		{"/name", replace, toText(func(v *VPCLinkV1) *string { return &v.Name })},
		{"/description", replace, toText(func(v *VPCLinkV1) *string { return &v.Description })},
	})
}

// Validate implements [Object].
func (v *VPCLinkV1) Validate() error {
	upstream, tagged := v.Tags[TagUpstream]
	host, port, err := net.SplitHostPort(upstream)
	number, _ := strconv.ParseUint(port, 10, 16) // 0 if it is none
	return check(
		length("name", v.Name, 1, 1024),
		atMost("description", v.Description, 1024),
		when(len(v.TargetARNs) != 1 || !isARN(v.TargetARNs[0]),
			"Invalid targetArns. Expected a list of one ARN, that of a Network Load Balancer"),
		when(tagged && (err != nil || host == "" || number == 0),
			"Invalid tag %s: '%s'. Expected host:port, such as backend.internal:8080", TagUpstream, upstream),
		validateTags(v.Tags),
		validateOwnTags(v.Tags, TagUpstream),
	)
}

// References implements [Object].
func (v *VPCLinkV1) References() []Key { return nil }
