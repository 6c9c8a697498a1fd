package gateway

import (
	"slices"
	"strings"
)

// KeyOfARN is the key of the object that an API Gateway ARN names: arn:{partition}:apigateway:{region}::/{path}.
func KeyOfARN(arn string) (Key, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "apigateway" {
		return "", false
	}
	path, ok := strings.CutPrefix(parts[5], "/")
	names := strings.Split(path, "/")
	if !ok || len(names)%2 != 0 || slices.Contains(names, "") {
		return "", false
	}
	return Key(path), true
}
