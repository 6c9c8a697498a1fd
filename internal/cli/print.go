package cli

import (
	"fmt"
	"os"
	"strings"
)

// printf writes to standard output.
func (s *Streams) printf(format string, args ...any) error {
	if _, err := fmt.Fprintf(s.Stdout, format, args...); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// note tells the user something that is no output.
func (s *Streams) note(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Stderr, format+"\n", args...) // for eyes only
}

// isTerminal says whether a stream is a terminal; only a file can be.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// quote writes a text as one word of a POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// oneLine makes a text fit for a line of a shell comment or a message.
func oneLine(text string) string { return printable(strings.Join(strings.Fields(text), " ")) }
