package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// issueSettings say what becomes of a new access key.
type issueSettings struct {
	outputSettings

	Write string `placeholder:"FILE" help:"Put the profile into an AWS shared credentials file, in the place of the one of that name, and do not print it."`
}

// issuing is a request whose answer is a new key.
type issuing struct {
	request

	name   string // of the credential
	old    string // what becomes of the old key
	advice string // what to do with what is printed
}

// issue has a key made and prints it on standard output, or writes it to a file, and says on standard error what to do.
func (c *issueSettings) issue(ctx context.Context, s *Streams, p *plane, i *issuing) error {
	file, err := c.open(s, i.name)
	if err != nil {
		return err
	}
	if file != nil {
		defer file.discard()
	}
	answer, err := p.send(ctx, i.request)
	if err != nil {
		return err
	}
	var made credential
	if err := json.Unmarshal(answer, &made); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	if c.Output == "json" {
		made.note(s, shownOnce, i.old)
		return s.printJSON(answer)
	}
	section, err := profileOf(&made)
	if err != nil {
		return err
	}
	if file == nil {
		made.note(s, shownOnce, i.advice, i.old, s.use(made.Name, ""))
		return s.printf("%s", &section)
	}
	if err := file.write(&section); err != nil {
		made.note(s, shownOnce, i.advice, i.old)
		return errors.Join(fmt.Errorf("the new key is on standard output, as it cannot be written: %w", err), s.printf("%s", &section))
	}
	made.note(s, "Its key is in "+word(file.path)+".", i.old, s.use(made.Name, file.path))
	return nil
}

// open prepares the file of --write; nil if there is none. That comes first: a key that is made is shown once.
func (c *issueSettings) open(s *Streams, name string) (*profileFile, error) {
	switch {
	case c.Write == "":
		return nil, nil
	case c.Write == standardStream:
		return nil, usagef("--write: expected a file; without --write, the profile is printed")
	case c.Output == "json":
		return nil, usagef("--write and --output json cannot be used together")
	}
	path := c.Write
	if below, ok := strings.CutPrefix(path, "~/"); ok { // shells do not expand it in --write=~/FILE
		path = filepath.Join(s.env("HOME"), below)
	}
	file, err := openProfileFile(path, name)
	if err != nil {
		return nil, fmt.Errorf("--write: %w", err)
	}
	return file, nil
}

// shownOnce is about a key that is printed.
const shownOnce = "Its secret is shown this once."

// note says on standard error what was made, where its secret is, and what else there is to say.
func (made *credential) note(s *Streams, where string, more ...string) {
	until := ""
	if made.Expiration != nil {
		until = ", good until " + made.Expiration.Format(time.RFC3339)
	}
	said := fmt.Sprintf("%s has a new access key, %s%s.", field(made.ARN), field(made.AccessKeyID), until)
	more = slices.DeleteFunc(more, func(text string) bool { return text == "" })
	s.note("%s %s\n%s", said, where, strings.Join(more, " "))
}

// use is how to use a profile of a file. The AWS tools prefer a key in the environment to any profile.
func (s *Streams) use(name, path string) string {
	steps := "export AWS_PROFILE=" + word(name)
	usual := cmp.Or(s.env("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(s.env("HOME"), ".aws", "credentials"))
	if path != "" && !sameFile(usual, path) {
		steps = "export AWS_SHARED_CREDENTIALS_FILE=" + word(path) + " AWS_PROFILE=" + word(name)
	}
	if s.env("AWS_ACCESS_KEY_ID") != "" {
		steps = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; " + steps
	}
	return "Then: " + steps
}
