package http1

import (
	"io"
	"net/http"
	"time"
)

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

// ReadBody reads a chunked body that comes in pieces, and returns what came behind it.
func ReadBody(pieces ...[]byte) (data, behind []byte, err error) {
	s := &script{pieces: pieces}
	c := &conn{server: new(Server), link: s, waits: true}
	e := &exchange{conn: c}
	e.response.exchange = e
	e.body = body{exchange: e, chunks: new(chunks)}
	data, err = io.ReadAll(&e.body)
	for _, piece := range s.pieces {
		c.pending = append(c.pending, piece...)
	}
	return data, c.pending, err
}

// script is a link by which pieces come, and nothing more.
type script struct {
	link

	pieces [][]byte
}

func (s *script) read(p []byte, _ time.Time) (int, error) {
	for len(s.pieces) > 0 && len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	s.pieces[0] = s.pieces[0][n:]
	return n, nil
}

func (*script) resume() {}
