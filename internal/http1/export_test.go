package http1

import "net/http"

// ReadHead reads the head of a request that comes in pieces. It returns the length of the head, or 0 and the status of the
// refusal; 0 and 0: it is not complete.
func ReadHead(most int, pieces ...[]byte) (r *http.Request, length, status int) {
	var s scan
	var data []byte
	for _, piece := range pieces {
		data = append(data, piece...)
		end, bad := s.next(data, most)
		if bad != nil {
			return nil, 0, bad.status
		}
		if end == 0 {
			continue
		}
		h := new(head)
		if bad := h.read(string(data[:end]), &s); bad != nil {
			return nil, 0, bad.status
		}
		return &h.request, end, 0
	}
	return nil, 0, 0
}
