package serverless

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// assignment is a line of .env: a name, and what is behind the equals sign.
var assignment = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$`)

// loadDotenv reads .env.STAGE or, where there is none, .env, as `useDotenv` asks for. The environment itself wins.
func (r *resolver) loadDotenv(stage string) error {
	for _, name := range []string{".env." + stage, ".env"} {
		content, err := r.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", name, err)
		}
		r.dotenv = r.parseDotenv(string(content))
		return nil
	}
	return nil
}

// parseDotenv reads NAME=value lines; values may be quoted, and name variables that come earlier.
func (r *resolver) parseDotenv(content string) map[string]string {
	made := map[string]string{}
	lookup := func(name string) string {
		if r.o.Environment != nil {
			if value, ok := r.o.Environment(name); ok {
				return value
			}
		}
		return made[name]
	}
	for line := range strings.Lines(content) {
		found := assignment.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if found == nil {
			continue
		}
		value, literal := unwrapped(found[2])
		if !literal {
			value = os.Expand(value, lookup)
		}
		if len(value) <= maxString {
			made[found[1]] = value
		}
	}
	return made
}

// unwrapped takes the quotes or the comment off a value. Single quotes mean it as it stands.
func unwrapped(value string) (bare string, literal bool) {
	if value != "" && strings.ContainsRune("'\"`", rune(value[0])) {
		if end := strings.IndexByte(value[1:], value[0]); end >= 0 {
			inner := value[1 : end+1]
			if value[0] == '"' {
				inner = strings.ReplaceAll(inner, `\n`, "\n")
			}
			return inner, value[0] == '\''
		}
	}
	bare, _, _ = strings.Cut(value, "#")
	return strings.TrimSpace(bare), false
}
