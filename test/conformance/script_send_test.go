package conformance_test

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

// send [-repeat N] [-binary] [-frames SIZE] NAME 'text': sends a message; send -ping NAME, send -close NAME [CODE [REASON]],
// send -drop NAME. On a raw connection: send [-frame OPCODE] [-part] [-unmasked] [-rsv] NAME 'payload' and
// send -bytes NAME HEX.
func (s *script) send(args []string) {
	options, args := s.options(args, "repeat", "frames", "frame", "claim")
	if s.neg || len(args) == 0 {
		s.Fatalf("usage: send [options] NAME 'text'")
	}
	c := s.client(args[0])
	text := strings.Repeat(strings.Join(args[1:], " "), s.number(options["repeat"], 1))
	has := func(option string) bool { _, ok := options[option]; return ok }
	switch {
	case has("drop"):
		c.drop()
	case c.raw != nil && has("bytes"):
		raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		s.Check(err)
		_, err = c.raw.Write(raw)
		s.Check(err)
	case c.raw != nil:
		s.Check(s.sendFrame(c, options, text))
	case has("close"):
		s.closeClient(c, args[1:])
	case has("ping"):
		s.Check(c.ws.Ping(s.context()))
	default:
		s.Check(sendMessage(s.context(), c.ws, has("binary"), s.number(options["frames"], 0), text))
	}
}

func (s *script) number(values []string, fallback int) int {
	if len(values) == 0 {
		return fallback
	}
	n, err := strconv.Atoi(values[0])
	s.Check(err)
	return n
}

// sendFrame writes one frame by hand.
func (s *script) sendFrame(c *client, options map[string][]string, text string) error {
	has := func(option string) bool { _, ok := options[option]; return ok }
	opcode := ws.OpText
	if names, ok := options["frame"]; ok {
		if opcode, ok = opcodes[names[0]]; !ok {
			s.Fatalf("no opcode is called %s", names[0])
		}
	}
	payload := []byte(text)
	if encoded, ok := strings.CutPrefix(text, "hex:"); ok {
		var err error
		if payload, err = hex.DecodeString(encoded); err != nil {
			return err
		}
	}
	frame := ws.NewFrame(opcode, !has("part"), payload)
	if has("rsv") {
		frame.Header.Rsv = ws.Rsv(true, false, false)
	}
	if !has("unmasked") {
		frame = ws.MaskFrame(frame)
	}
	if claimed := s.number(options["claim"], 0); claimed > 0 {
		frame.Header.Length = int64(claimed) // more than is there
	}
	return ws.WriteFrame(c.raw, frame)
}

// closeClient does the closing handshake from the client's side.
func (s *script) closeClient(c *client, args []string) {
	code, reason := websocket.StatusNoStatusRcvd, ""
	if len(args) > 0 {
		code = websocket.StatusCode(s.number(args[:1], 0))
		reason = strings.Join(args[1:], " ")
	}
	_ = c.ws.Close(code, reason) // what the server answers is for expect
}

// sendMessage sends a message in one frame, or in frames of a size.
func sendMessage(ctx context.Context, to *websocket.Conn, binary bool, size int, text string) error {
	kind := websocket.MessageText
	if binary {
		kind = websocket.MessageBinary
	}
	if size == 0 {
		return to.Write(ctx, kind, []byte(text))
	}
	w, err := to.Writer(ctx, kind)
	if err != nil {
		return err
	}
	for len(text) > 0 {
		n := min(size, len(text))
		if _, err := w.Write([]byte(text[:n])); err != nil {
			return err
		}
		text = text[n:]
	}
	return w.Close()
}
