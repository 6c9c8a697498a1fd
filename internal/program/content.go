package program

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"gangway/internal/gateway"
)

// content is a contentHandlingStrategy: "Content type conversions in API Gateway" in the developer guide. Text, here, is
// what is UTF-8: a WebSocket API has no binary media types. Conversion to binary comes last, when a template has made its
// text, and conversion to text comes first, so that a template sees the base64.
type content string

const (
	toBinary content = "CONVERT_TO_BINARY"
	toText   content = "CONVERT_TO_TEXT"
)

// contentOf is the strategy for requests of an integration. A function of AWS_PROXY is sent an event, and MOCK nothing.
func contentOf(def *gateway.DeployedIntegration) content {
	if def.IntegrationType == gateway.IntegrationAWSProxy || def.IntegrationType == gateway.IntegrationMock {
		return ""
	}
	return content(def.ContentHandlingStrategy)
}

// convert is a body as the strategy wants it. What should be base64 and is not is an error of kind
// [gateway.ErrConfiguration], as on API Gateway.
func (c content) convert(body []byte) ([]byte, error) {
	if c == "" {
		return body, nil
	}
	switch binary := !utf8.Valid(body); {
	case c == toBinary && !binary:
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
		n, err := base64.StdEncoding.Decode(decoded, body)
		if err != nil {
			return nil, failure(gateway.ErrConfiguration, fmt.Errorf("contentHandlingStrategy %s: %w", c, err))
		}
		return decoded[:n], nil
	case c == toText && binary:
		return base64.StdEncoding.AppendEncode(nil, body), nil
	default:
		return body, nil
	}
}

// read is the body of an answer as a template may see it: without a strategy, bytes are read as UTF-8, come what may.
func (c content) read(body []byte) ([]byte, error) {
	switch {
	case c == toText:
		return c.convert(body)
	case c == "" && !utf8.Valid(body):
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), nil
	default:
		return body, nil
	}
}
