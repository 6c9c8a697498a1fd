package integration

import (
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// mapped are the names of the parameters that the definition of an integration maps, whether or not an event has values
// for them. A client must not be able to send what the API's owner takes from elsewhere, from an authorizer for example, and
// have it taken for that where there is no value.
type mapped struct{ header, query, path []string }

func mappedNames(def *gateway.DeployedIntegration) mapped {
	var m mapped
	for key := range def.RequestParameters {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "integration.request."), ".")
		switch place {
		case "header":
			m.header = append(m.header, name)
		case "querystring":
			m.query = append(m.query, name)
		case "path":
			m.path = append(m.path, name)
		}
	}
	return m
}

func (m mapped) hasQuery(name string) bool { return slices.Contains(m.query, name) }

func (m mapped) hasHeader(name string) bool {
	return slices.ContainsFunc(m.header, func(other string) bool { return sameField(name, other) })
}
