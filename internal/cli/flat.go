package cli

import "slices"

// maxDepth is how deep the members of an object are told apart; what is deeper is compared as a whole.
const maxDepth = 5

// flat are the members of an object as JSON, those of inner objects by path: requestTemplates[$default]. Members that say
// nothing are left out. Both are fit to be parts of a line.
func flat(o object) map[string]string {
	members := map[string]string{}
	for name, value := range o {
		flatten(members, field(name), value, maxDepth)
	}
	return members
}

func flatten(members map[string]string, path string, value any, depth int) {
	if inner, ok := value.(map[string]any); ok && depth > 0 {
		for name, member := range inner {
			flatten(members, path+"["+field(name)+"]", member, depth-1)
		}
		return
	}
	text, err := encode(value, "")
	if err != nil || slices.Contains([]string{"null", `""`, "{}", "[]"}, string(text)) {
		return
	}
	members[path] = printable(string(text))
}

// forget drops what tells no difference between two snapshots: the names that the gateway gave, where objects are known
// by other names. Responses become a map by their keys.
func (s *snapshot) forget() {
	for _, member := range []string{"apiId", "apiEndpoint", "createdDate"} {
		delete(s.API, member)
	}
	for _, route := range s.Routes {
		delete(route, "routeId")
		forgetResponses(route, "routeResponseKey", "routeResponseId")
	}
	for _, integration := range s.Integrations {
		forgetResponses(integration, "integrationResponseKey", "integrationResponseId")
	}
	for _, model := range s.Models {
		delete(model, "modelId")
	}
}

func forgetResponses(of object, by, id string) {
	responses := map[string]any{}
	for _, response := range of.parts("responses", by) {
		delete(response, id)
		responses[response.text(by)] = map[string]any(response)
	}
	of["responses"] = responses
}
