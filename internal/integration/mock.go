package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"gangway/internal/gateway"
	"gangway/internal/jsonpath"
)

// mock answers itself, with the status that the request template gives: "Set up mock integrations" in the API Gateway
// developer guide. Without a template it succeeds.
type mock struct{ status *jsonpath.Path }

func newMock() (Backend, error) {
	path, err := jsonpath.Compile("statusCode")
	return mock{path}, err
}

// bareName is a name without quotes in what should be JSON, or else a string, which is to stay as it is; API Gateway forgives
// such names here. Of the two, whatever begins first is found first: no name is found in a string.
var bareName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|([{,]\s*)([A-Za-z_][A-Za-z0-9_]*)(\s*:)`)

// quoteNames makes JSON of a text with bare names.
func quoteNames(text []byte) []byte {
	return bareName.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[0] == '"' {
			return found
		}
		return bareName.ReplaceAll(found, []byte(`$1"$2"$3`))
	})
}

// Call implements [Backend].
func (m mock) Call(_ context.Context, req *Request) (*Response, error) {
	if !req.Rendered {
		return &Response{Status: http.StatusOK}, nil
	}
	status, err := m.read(req.Body)
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, fmt.Errorf("the request template of a MOCK integration: %w", err))
	}
	return &Response{Status: status}, nil
}

// read finds the status in what a template made.
func (m mock) read(text []byte) (int, error) {
	value, err := m.status.Find(text)
	if errors.Is(err, jsonpath.ErrNotJSON) {
		value, err = m.status.Find(quoteNames(text))
	}
	if err != nil {
		return 0, err
	}
	if value.Kind() != jsonpath.Number {
		return 0, errors.New("expected {\"statusCode\": number}")
	}
	return parseStatus(value.Text())
}
