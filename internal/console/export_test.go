package console

import "net/http"

// Static are the files of the pages, as they were built in.
var Static = static

// Handshake is what a frame of a page asks the data listener for; nil: nothing, or nothing that can be sent.
func Handshake(payload []byte, host, api, stage string) (*http.Request, error) {
	frame, err := read(payload)
	if err != nil || frame.Type != "connect" {
		return nil, err
	}
	return frame.request(host, api, stage, "fuzz")
}
