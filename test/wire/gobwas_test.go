package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// byGobwas is what github.com/gobwas/ws makes of a stream, but where we are stricter on purpose.
func byGobwas(stream []byte, server bool) (v verdict) {
	state := ws.StateClientSide
	if server {
		state = ws.StateServerSide
	}
	stream, refused := stricter(stream, state)
	v.status = read(&v, stream, state)
	if refused && v.status == 1006 {
		v.status = 1002
	}
	return v
}

// A closedError is a close frame with its status.
type closedError int

func (c closedError) Error() string { return fmt.Sprint("closed with ", int(c)) }

// read writes down what comes, and returns the status of the end.
func read(v *verdict, stream []byte, state ws.State) (status int) {
	control := func(h ws.Header, from io.Reader) error {
		payload, err := io.ReadAll(from)
		switch {
		case err != nil:
			return err
		case int64(len(payload)) < h.Length:
			return io.ErrUnexpectedEOF
		case h.OpCode == ws.OpPing:
			v.pings = append(v.pings, string(payload))
		case h.OpCode == ws.OpClose:
			return closedError(statusOf(payload))
		}
		return nil
	}
	r := &wsutil.Reader{Source: bytes.NewReader(stream), State: state, CheckUTF8: true, OnIntermediate: control}
	for {
		h, err := r.NextFrame()
		switch {
		case err != nil:
		case h.OpCode.IsControl():
			err = control(h, r)
		default:
			var payload []byte
			if payload, err = io.ReadAll(r); err == nil {
				v.messages = append(v.messages, fmt.Sprintf("%d:%x", h.OpCode, payload))
			}
		}
		if err != nil {
			return statusFor(err)
		}
	}
}

func statusFor(err error) int {
	var closed closedError
	switch {
	case errors.As(err, &closed):
		return int(closed)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return 1006
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		return 1007
	default:
		return 1002
	}
}

// statusOf is what a close frame says, or what it is refused with.
func statusOf(payload []byte) int {
	if len(payload) == 0 {
		return 1005
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if code >= 1012 && code <= 1014 { // registered since
		code = ws.StatusNormalClosure
	}
	err := ws.CheckCloseFrameData(code, reason)
	switch {
	case len(payload) == 1, code >= 5000, err != nil && !errors.Is(err, ws.ErrProtocolInvalidUTF8):
		return 1002
	case err != nil:
		return 1007
	default:
		return int(payload[0])<<8 | int(payload[1])
	}
}

// stricter finds the first frame that we refuse and gobwas does not, and returns the stream up to it.
func stricter(stream []byte, state ws.State) (before []byte, refused bool) {
	for rest := stream; len(rest) >= 2; {
		// A header that is cut off is judged as far as it is there.
		start := append(slices.Clone(rest[:min(len(rest), ws.MaxHeaderSize)]), make([]byte, ws.MaxHeaderSize)...)
		short, head := rest[1]&0x7F, headerSize(rest[1])
		negative := short == 127 && start[2]&0x80 != 0 // which neither takes
		if negative {
			start[2] = 0
		}
		h, err := ws.ReadHeader(bytes.NewReader(start))
		if err != nil {
			return stream, false
		}
		whole := len(rest) >= head
		longer := negative || h.Length <= 125 && short == 126 || h.Length <= 0xFFFF && short == 127
		if h.Masked {
			head += 4
		}
		cut := len(rest) < head
		if whole && longer || h.OpCode.IsControl() && short > 125 || cut && !inPlace(h, state) {
			return stream[:len(stream)-len(rest)], true
		}
		if cut || ws.CheckHeader(h, state) != nil || h.Length > int64(len(rest)-head) {
			return stream, false
		}
		rest = rest[head+int(h.Length):]
		if !h.OpCode.IsControl() {
			state = state.Set(ws.StateFragmented)
			if h.Fin {
				state = state.Clear(ws.StateFragmented)
			}
		}
	}
	return stream, false
}

// headerSize is how long a header is before the mask, as its second byte says.
func headerSize(second byte) int {
	switch second & 0x7F {
	case 126:
		return 4
	case 127:
		return 10
	default:
		return 2
	}
}

// inPlace reports whether a header is right in itself, wherever it may stand.
func inPlace(h ws.Header, state ws.State) bool {
	state = state.Clear(ws.StateFragmented)
	if h.OpCode == ws.OpContinuation {
		state = state.Set(ws.StateFragmented)
	}
	return ws.CheckHeader(h, state) == nil
}
