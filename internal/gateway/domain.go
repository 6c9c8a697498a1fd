package gateway

import (
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// A DomainName is a host name of the user's own under which APIs are reached: "Custom domain names for WebSocket APIs
// in API Gateway" in the developer guide.
type DomainName struct {
	DomainNameSettings
	DomainNameOrigin
	APIMappingSelectionExpression string `json:"apiMappingSelectionExpression"`
	// DomainNameARN is never stored: Show writes it.
	DomainNameARN string `json:"domainNameArn,omitempty"`
}

// DomainNameSettings is what a client may write of a [DomainName].
type DomainNameSettings struct {
	DomainNameConfigurations DomainNameConfigurations `json:"domainNameConfigurations"`
	// MutualTLSAuthentication is kept and does nothing: there is none for WebSocket APIs.
	MutualTLSAuthentication *MutualTLS `json:"mutualTlsAuthentication,omitempty"`
	RoutingMode             string     `json:"routingMode"`
}

// DomainNameOrigin is what a client may write of a [DomainName] when it creates it.
type DomainNameOrigin struct {
	DomainName string            `json:"domainName"`
	Tags       map[string]string `json:"tags"`
}

// MutualTLS names the certificates that clients of a domain show; an empty TruststoreURI is how a client removes it.
type MutualTLS struct {
	TruststoreURI     string `json:"truststoreUri,omitempty"`
	TruststoreVersion string `json:"truststoreVersion,omitempty"`
}

// DomainNameConfigurations are the endpoints of a [DomainName]: exactly one. Decoding replaces the list.
type DomainNameConfigurations []DomainNameConfiguration

// UnmarshalJSON implements json.Unmarshaler: decoding a list onto another would merge their elements.
func (d *DomainNameConfigurations) UnmarshalJSON(text []byte) error {
	var list []DomainNameConfiguration
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*d = list
	return nil
}

// DomainNameConfiguration is an endpoint of a [DomainName]. The last members are ours, whatever a client writes there.
type DomainNameConfiguration struct {
	CertificateARN                      string `json:"certificateArn,omitempty"`
	CertificateName                     string `json:"certificateName,omitempty"`
	EndpointType                        string `json:"endpointType"`
	IPAddressType                       string `json:"ipAddressType"`
	OwnershipVerificationCertificateARN string `json:"ownershipVerificationCertificateArn,omitempty"`
	SecurityPolicy                      string `json:"securityPolicy"`

	APIGatewayDomainName    string `json:"apiGatewayDomainName,omitempty"`
	CertificateUploadDate   string `json:"certificateUploadDate,omitempty"`
	DomainNameStatus        string `json:"domainNameStatus,omitempty"`
	DomainNameStatusMessage string `json:"domainNameStatusMessage,omitempty"`
	HostedZoneID            string `json:"hostedZoneId,omitempty"`
}

// Settings is the part that a client may write.
func (d *DomainName) Settings() any { return &d.DomainNameSettings }

// Origin is the part that a client may write once.
func (d *DomainName) Origin() any { return &d.DomainNameOrigin }

// Locate writes the part that is ours, and the defaults.
func (d *DomainName) Locate(key Key, _ time.Time) {
	d.DomainName = key.ID()
	d.DomainNameARN = ""
	d.APIMappingSelectionExpression = "$request.basepath"
	if d.RoutingMode == "" {
		d.RoutingMode = "API_MAPPING_ONLY"
	}
	if d.Tags == nil {
		d.Tags = map[string]string{}
	}
	if d.MutualTLSAuthentication != nil && d.MutualTLSAuthentication.TruststoreURI == "" {
		d.MutualTLSAuthentication = nil
	}
	for i := range d.DomainNameConfigurations {
		d.DomainNameConfigurations[i].locate()
	}
}

func (c *DomainNameConfiguration) locate() {
	if c.EndpointType == "" {
		c.EndpointType = "REGIONAL"
	}
	if c.IPAddressType == "" {
		c.IPAddressType = "ipv4"
	}
	if c.SecurityPolicy == "" {
		c.SecurityPolicy = "TLS_1_2"
	}
	c.DomainNameStatus = "AVAILABLE"
	c.APIGatewayDomainName, c.CertificateUploadDate, c.DomainNameStatusMessage, c.HostedZoneID = "", "", "", ""
}

// Show writes what follows from the region and is not stored.
func (d *DomainName) Show(region string) {
	d.DomainNameARN = "arn:aws:apigateway:" + region + "::/domainnames/" + d.DomainName
	for i := range d.DomainNameConfigurations {
		c := &d.DomainNameConfigurations[i]
		c.APIGatewayDomainName = "d-" + idOf(d.DomainName, 10) + ".execute-api." + region + ".amazonaws.com"
		c.HostedZoneID = hostedZone(region)
	}
}

// idOf is an id of n characters, at most 32, that follows from a text.
func idOf(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	id := sum[:n]
	for i, b := range id {
		id[i] = idAlphabet[int(b)%len(idAlphabet)]
	}
	return string(id)
}

// hostedZone is the id of the Route 53 zone of a region's endpoints: "Amazon API Gateway endpoints and quotas" in the
// AWS General Reference. Nothing of ours answers for it; tools read it.
func hostedZone(region string) string {
	zones := map[string]string{
		"ap-northeast-1": "Z1YSHQZHG15GKL",
		"ap-northeast-2": "Z20JF4UZKIW1U8",
		"ap-south-1":     "Z3VO1THU9YC4UR",
		"ap-southeast-1": "ZL327KTPIQFUL",
		"ap-southeast-2": "Z2RPCDW04V8134",
		"ca-central-1":   "Z19DQILCV0OWEC",
		"eu-central-1":   "Z1U9ULNL0V5AJ3",
		"eu-west-1":      "ZLY8HYME6SFDD",
		"eu-west-2":      "ZJ5UAJN8Y3Z2Q",
		"eu-west-3":      "Z3KY65QIEKYHQQ",
		"sa-east-1":      "ZCMLWB8V5SYIT",
		"us-east-1":      "Z1UJRXOUMOOFQ8",
		"us-east-2":      "ZOJJZC49E0EPZ",
		"us-west-1":      "Z2MUQ32089INYE",
		"us-west-2":      "Z2OJLYMUO9EFXC",
	}
	if zone, ok := zones[region]; ok {
		return zone
	}
	return zones["us-east-1"]
}

// hostName is a name as DNS has it, in lower case, perhaps with a wildcard as its first label.
var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// CheckDomainName says whether a custom domain may have a name.
func CheckDomainName(name string) error {
	return check(
		length("domainName", name, 1, 253),
		when(strings.Contains(name, "_"), "Domain names cannot contain an underscore character"),
		when(strings.ToLower(name) != name, "Domain names cannot contain upper case characters: expected '%s'", strings.ToLower(name)),
		when(!hostName.MatchString(name), "Invalid domain name specified: '%s'. Expected a name such as ws.example.com or *.example.com", name),
	)
}

// Validate implements [Object].
func (d *DomainName) Validate() error {
	if err := check(
		CheckDomainName(d.DomainName),
		when(len(d.DomainNameConfigurations) != 1, "Invalid input. Expected one domain name configuration"),
	); err != nil {
		return err
	}
	return check(
		d.DomainNameConfigurations[0].validate(),
		d.MutualTLSAuthentication.validate(),
		oneOf("routingMode", d.RoutingMode, "API_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_API_MAPPING"),
		validateTags(d.Tags),
		d.CheckOptions(),
	)
}

// caName is the name of a file, without its extension: never a path.
var caName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// CheckOptions says whether what the tags of a domain ask for is understood.
func (d *DomainName) CheckOptions() error {
	ca, tagged := d.Tags[TagClientCA]
	return check(
		validateOwnTags(d.Tags, TagClientCA),
		when(tagged && !caName.MatchString(ca),
			"Invalid tag %s: '%.100s'. Expected the name of a file in the folder of certificates, without its extension .ca", TagClientCA, ca),
	)
}

func (m *MutualTLS) validate() error {
	if m == nil {
		return nil
	}
	return check(atMost("truststoreUri", m.TruststoreURI, 2048), atMost("truststoreVersion", m.TruststoreVersion, 64))
}

func (c *DomainNameConfiguration) validate() error {
	return check(
		when(c.EndpointType == "EDGE", "EDGE endpoint type is not supported for APIGatewayV2 domainName"),
		oneOf("endpointType", c.EndpointType, "REGIONAL"),
		when(c.SecurityPolicy == "TLS_1_0", "Only REGIONAL domain names with a security policy of TLS 1.2 can be managed "+
			"through the API Gateway V2 API. For TLS 1.0 domain names, please use the API Gateway V1 API to upgrade the security policy"),
		oneOf("securityPolicy", c.SecurityPolicy, "TLS_1_2"),
		oneOf("ipAddressType", c.IPAddressType, "ipv4", "dualstack"),
		when(!isARN(c.CertificateARN),
			"Invalid certificate ARN '%s'. Expected an ARN such as arn:aws:acm:REGION:ACCOUNT:certificate/ID", c.CertificateARN),
		when(c.OwnershipVerificationCertificateARN != "" && !isARN(c.OwnershipVerificationCertificateARN),
			"Invalid ownership verification certificate ARN '%s'", c.OwnershipVerificationCertificateARN),
		atMost("certificateName", c.CertificateName, 128),
	)
}

// References implements [Object].
func (d *DomainName) References() []Key { return nil }
