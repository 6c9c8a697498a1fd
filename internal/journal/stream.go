package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
)

// stream writes lines of JSON to a writer.
type stream struct {
	out io.Writer
	buf []byte
}

// write implements sink.
func (s *stream) write(_ context.Context, g *group, blocks []block) (int, error) {
	s.buf = s.buf[:0]
	lines := 0
	for _, b := range blocks {
		for line := range bytes.Lines(b.text) {
			s.buf = append(s.buf, `{"time":"`...)
			s.buf = b.at.UTC().AppendFormat(s.buf, time.RFC3339Nano)
			for _, member := range [...]struct{ name, value string }{
				{"log", kindNames[g.kind]},
				{"api", g.stage.API},
				{"stage", g.stage.Stage},
				{"group", g.name},
				{"line", string(bytes.TrimSuffix(line, newline))},
			} {
				s.buf = append(append(append(s.buf, `","`...), member.name...), `":"`...)
				s.buf = jsonText.append(s.buf, member.value)
			}
			s.buf = append(s.buf, "\"}\n"...)
			lines++
		}
	}
	if _, err := s.out.Write(s.buf); err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	return lines, nil
}

// close implements sink. The writer is whoever's gave it.
func (s *stream) close() error { return nil }
