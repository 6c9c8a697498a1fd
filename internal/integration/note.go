package integration

import (
	"net/http"
	"slices"

	"gangway/internal/gateway"
)

// noteRequest notes a request, without what proves who sends it.
func noteRequest(note *gateway.Detail, r *http.Request) {
	note.Method, note.URI = r.Method, r.URL.String()
	note.Header = paramsOf(r.Header).Without(ofSignature)
}

// noteInvocation notes a call of a function.
func (f *Function) noteInvocation(note *gateway.Detail, event []byte) {
	if note != nil {
		note.Method, note.URI, note.Body = http.MethodPost, f.arn, event
	}
}

// paramsOf is a header in the order of its names.
func paramsOf(header http.Header) gateway.Params {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	params := make(gateway.Params, 0, len(names))
	for _, name := range names {
		for _, value := range header[name] {
			params = append(params, gateway.Param{Name: name, Value: value})
		}
	}
	return params
}
