package cli

import (
	"fmt"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// profile is an access key as a section of an AWS shared credentials file: "Configuration and credential file settings" in
// the user guide of the AWS CLI.
type profile struct {
	name     string
	settings []string // NAME = VALUE
}

// profileOf is the profile of a credential. What would be more than one line of the file is refused.
func profileOf(made *credential) (profile, error) {
	p := profile{name: made.Name}
	for _, setting := range [][2]string{
		{"aws_access_key_id", made.AccessKeyID}, {"aws_secret_access_key", made.SecretAccessKey}, {"aws_session_token", made.SessionToken},
	} {
		name, value := setting[0], setting[1]
		switch {
		case value == "" && name == "aws_session_token":
		case value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
			return p, fmt.Errorf("control plane: the answer's %s is none", name)
		default:
			p.settings = append(p.settings, name+" = "+value)
		}
	}
	if err := gateway.CheckCredentialName(made.Name); err != nil {
		return p, fmt.Errorf("control plane: %w", err)
	}
	return p, nil
}

// header is the line that begins the profile.
func (p *profile) header() string { return "[" + p.name + "]" }

// String is the profile as a file has it.
func (p *profile) String() string { return p.lines(p.header(), "", "\n") }

// lines are the settings, and a line before them if there is one.
func (p *profile) lines(first, indent, end string) string {
	var out strings.Builder
	if first != "" {
		out.WriteString(first + end)
	}
	for _, setting := range p.settings {
		out.WriteString(indent + setting + end)
	}
	return out.String()
}

// keySettings are the settings that an access key is made of; the last is what old tools called the token.
var keySettings = []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"}

// into puts the profile into the text of a file: in the section of its name the key is replaced, and all else, there and
// elsewhere, stays as it is. Without such a section there is one more, at the end.
func (p *profile) into(text string) (string, error) {
	lines := slices.Collect(strings.Lines(text))
	at, err := findSection(lines, p.name)
	if err != nil {
		return "", err
	}
	end := "\n"
	if strings.HasSuffix(lineAt(lines, max(at, 0)), "\r\n") {
		end = "\r\n"
	}
	if at < 0 {
		switch {
		case strings.TrimSpace(text) == "":
		case strings.HasSuffix(text, "\n"):
			text += end
		default:
			text += end + end
		}
		return text + p.lines(p.header(), "", end), nil
	}
	until := at + 1
	for until < len(lines) && sectionName(lines[until]) == "" {
		until++
	}
	before, rest, _ := strings.Cut(lines[at], "[")
	_, after, _ := strings.Cut(rest, "]")
	first := before + p.header() + strings.TrimRight(after, "\r\n") + end // it may be the last line, and have no end
	section := p.replaced(lines[at+1:until], end)
	return strings.Join(lines[:at], "") + first + section + strings.Join(lines[until:], ""), nil
}

// replaced is the inside of a section with another key. Its lines are indented as those that they replace: a line that is
// indented deeper than the one above continues it.
func (p *profile) replaced(inside []string, end string) string {
	place, indent := -1, ""
	var kept []string
	depth, dropped := -1, false // of the setting that lines may continue
	for _, line := range inside {
		name := settingName(line)
		switch {
		case name == "": // empty lines and comments continue nothing
		case depth >= 0 && depthOf(line) > depth:
			if dropped {
				continue
			}
		default:
			if depth < 0 && place < 0 {
				indent = line[:depthOf(line)]
			}
			depth, dropped = depthOf(line), slices.Contains(keySettings, name)
			if dropped && place < 0 {
				place, indent = len(kept), line[:depth]
			}
			if dropped {
				continue
			}
		}
		kept = append(kept, line)
	}
	place = max(place, 0)
	return strings.Join(kept[:place], "") + p.lines("", indent, end) + strings.Join(kept[place:], "")
}

// findSection is the line with which the section of a name begins, or -1. The AWS tools refuse a file with two of them.
func findSection(lines []string, name string) (int, error) {
	found := -1
	for i, line := range lines {
		if sectionName(line) != name {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("lines %d and %d both begin a section [%s]: delete one of the two", found+1, i+1, name)
		}
		found = i
	}
	return found, nil
}

// sectionName is the name of the section that a line begins; empty if it begins none.
func sectionName(line string) string {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	name, _, closed := strings.Cut(strings.TrimPrefix(line, "["), "]")
	if !closed || !strings.HasPrefix(line, "[") {
		return ""
	}
	return strings.TrimSpace(name)
}

// settingName is the name of the setting in a line, in lower case; empty if the line is empty or a comment.
func settingName(line string) string {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return ""
	}
	if i := strings.IndexAny(line, "=:"); i > 0 {
		line = line[:i]
	}
	return strings.ToLower(strings.TrimSpace(line))
}

// depthOf is how many bytes of space a line begins with.
func depthOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
