package gateway

import (
	"slices"
	"strings"
)

// taggable are the kinds of object that have tags, besides stages: "Tagging API Gateway resources" in the developer
// guide. An ARN of a VPC link does not say of which version the link is; the key is that of version 2.
var taggable = []string{"apikeys", "apis", "clientcertificates", "domainnames", "usageplans", "vpclinks"}

// KeyOfARN is the key of the object that an API Gateway ARN names: arn:{partition}:apigateway:{region}::/{path}. Not ok:
// the ARN names nothing that can have tags here.
func KeyOfARN(arn string) (Key, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "apigateway" {
		return "", false
	}
	path, ok := strings.CutPrefix(parts[5], "/")
	names := strings.Split(path, "/")
	if !ok || slices.Contains(names, "") {
		return "", false
	}
	switch len(names) {
	case 2:
		return Key(path), slices.Contains(taggable, names[0])
	case 4:
		return Key(path), names[0] == "apis" && names[2] == "stages"
	default:
		return "", false
	}
}

// isARN says whether a text has the form of an ARN: "Amazon Resource Names (ARNs)" in the IAM user guide.
func isARN(text string) bool {
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[2] != "" && parts[5] != ""
}
