package control

import (
	"strconv"
	"strings"

	"gangway/internal/expr"
	"gangway/internal/gateway"
)

// uses are what an expression can select, each as a snapshot that has it there and would have to be deployed.
var uses = []struct {
	name string
	put  func(s *gateway.Snapshot, text string)
}{
	{"route", func(s *gateway.Snapshot, text string) { s.API.RouteSelectionExpression = text }},
	{"model", func(s *gateway.Snapshot, text string) {
		s.Models = []gateway.Model{modelOf("{}")}
		s.Routes[0].RequestModels = map[string]string{gateway.RouteDefault: "checked"}
		s.Routes[0].ModelSelectionExpression = text
	}},
	{"request", func(s *gateway.Snapshot, text string) { mocked(s).TemplateSelectionExpression = text }},
	{"response", func(s *gateway.Snapshot, text string) {
		var response gateway.IntegrationResponse
		response.IntegrationResponseKey, response.TemplateSelectionExpression = gateway.RouteDefault, text
		response.ResponseTemplates = map[string]string{gateway.RouteDefault: ""}
		i := mocked(s)
		i.Responses = append(i.Responses, response)
	}},
}

// mocked gives the route of a snapshot an integration.
func mocked(s *gateway.Snapshot) *gateway.DeployedIntegration {
	i := gateway.DeployedIntegration{}
	i.IntegrationID, i.IntegrationType, i.TimeoutInMillis = "checked", gateway.IntegrationMock, gateway.MaxTimeout
	i.RequestTemplates = map[string]string{gateway.RouteDefault: `{"statusCode":200}`}
	s.Integrations = []gateway.DeployedIntegration{i}
	s.Routes[0].Target = gateway.Kept("integrations/" + i.IntegrationID)
	return &s.Integrations[0]
}

// checkExpression: what CreateApi and a deployment say of an expression that selects something. Where it is not said what, they have to
// refuse it everywhere.
func checkExpression(c *call, q *question) (*mistake, error) {
	var first *mistake
	known := false
	for _, use := range uses {
		if q.Use != "" && q.Use != use.name {
			continue
		}
		known = true
		found, err := c.checkUse(q.Text, use.name, use.put)
		if found == nil || err != nil {
			return nil, err
		}
		if first == nil {
			first = found
		}
	}
	if !known {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid value for use: expected route, model, request or response, got '%s'", q.Use)
	}
	return first, nil
}

// checkUse finds the first mistake of an expression in one place.
func (c *call) checkUse(text, use string, put func(*gateway.Snapshot, string)) (*mistake, error) {
	if use == "route" {
		var api gateway.API
		api.Name, api.ProtocolType, api.RouteSelectionExpression = "checked", gateway.ProtocolWebSocket, text
		api.Locate(gateway.Key("").Child("apis", "checked"), c.Now())
		if found := refusedFor(api.Validate()); found != nil {
			return found, nil
		}
	}
	if _, err := expr.Parse(text); err != nil {
		return misread(text, err), nil
	}
	s, err := c.models("")
	if err != nil {
		return nil, err
	}
	put(s, text)
	message := c.refusalOf(s)
	if message == "" {
		return nil, nil
	}
	return unbound(text, message), nil
}

// unbound is a refusal of an expression that can be read: it names the first variable that cannot be there.
func unbound(text, message string) *mistake {
	_, rest, found := strings.Cut(message, "selection expression: variable ")
	quoted, err := strconv.QuotedPrefix(rest)
	if !found || err != nil {
		return &mistake{Message: message}
	}
	name, _ := strconv.Unquote(quoted) // it is one
	before, _, _ := strings.Cut(text, name)
	return placed(text, "variable "+rest, strings.LastIndexByte(before, '$'))
}

// misread is an error of [expr.Parse], which names a position.
func misread(text string, err error) *mistake {
	rest := strings.TrimPrefix(err.Error(), "selection expression "+strconv.Quote(text)+": position ")
	number, message, _ := strings.Cut(rest, ": ")
	position, wrong := strconv.Atoi(number)
	if wrong != nil {
		return &mistake{Message: err.Error()}
	}
	return placed(text, message, position-1)
}
