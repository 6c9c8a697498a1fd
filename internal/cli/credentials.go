package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// credentialsCommand is about who may call: names with a policy, each with an access key.
type credentialsCommand struct {
	Create createCredentialCommand `cmd:"" help:"Make an access key that may do what a policy says, and print it as a profile for ~/.aws/credentials."`
	List   listCredentialsCommand  `cmd:"" help:"List the credentials, without their secrets."`
	Rotate rotateCredentialCommand `cmd:"" help:"Give a credential a new access key, and print it as create does."`
	Delete deleteCredentialCommand `cmd:"" help:"Take a credential and its access key away."`
}

// outputSettings say how an answer is printed.
type outputSettings struct {
	Output string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"How to print the answer: text or json."`
}

// credential is one as the control plane shows it; the secrets are there when it is made, and never again.
type credential struct {
	Name            string     `json:"name"`
	ARN             string     `json:"arn"`
	AccessKeyID     string     `json:"accessKeyId"`
	SecretAccessKey string     `json:"secretAccessKey"`
	SessionToken    string     `json:"sessionToken"`
	CreatedDate     time.Time  `json:"createdDate"`
	Expiration      *time.Time `json:"expiration"`
}

const credentialsPath = "/gangway/credentials"

func credentialPath(name string) string { return credentialsPath + "/" + url.PathEscape(name) }

type createCredentialCommand struct {
	planeSettings
	outputSettings

	Name    string        `arg:"" help:"Name of the credential, and of the profile."`
	Policy  string        `required:"" placeholder:"FILE" help:"IAM policy, a JSON document; - for standard input."`
	Expires time.Duration `placeholder:"TIME" help:"How long the key is good for, such as 720h. Default: until it is deleted."`
}

// Run sends the policy and prints the key.
func (c *createCredentialCommand) Run(ctx context.Context, s *Streams) error {
	seconds, err := wholeSeconds("--expires", c.Expires)
	if err != nil {
		return err
	}
	policy, err := s.readFile(c.Policy)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if err := checkObject(c.Policy, policy); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		Name            string          `json:"name"`
		Policy          json.RawMessage `json:"policy"`
		DurationSeconds int64           `json:"durationSeconds,omitempty"`
	}{c.Name, policy, seconds})
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	answer, err := p.send(ctx, request{operation: "CreateCredentials", method: http.MethodPost, path: credentialsPath, body: body})
	if err != nil {
		return err
	}
	return c.issue(s, answer, "Append what is on standard output to ~/.aws/credentials.")
}

type rotateCredentialCommand struct {
	planeSettings
	outputSettings

	Name  string        `arg:"" help:"Name of the credential."`
	Grace time.Duration `placeholder:"TIME" help:"How long the old key stays good, such as 1h. Default: not at all."`
}

// Run prints the new key.
func (c *rotateCredentialCommand) Run(ctx context.Context, s *Streams) error {
	seconds, err := wholeSeconds("--grace", c.Grace)
	if err != nil {
		return err
	}
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	answer, err := p.send(ctx, request{
		operation: "RotateCredentials", method: http.MethodPost, path: credentialPath(c.Name) + "/rotation",
		body: fmt.Appendf(nil, `{"graceSeconds":%d}`, seconds),
	})
	if err != nil {
		return err
	}
	advice := "Put it in the place of the old one in ~/.aws/credentials, which is no longer good."
	if c.Grace > 0 {
		advice = fmt.Sprintf("Put it in the place of the old one in ~/.aws/credentials, which stays good for %s.", c.Grace)
	}
	return c.issue(s, answer, advice)
}

// issue prints a new key on standard output, and on standard error what to do with it.
func (c *outputSettings) issue(s *Streams, answer []byte, advice string) error {
	var made credential
	if err := json.Unmarshal(answer, &made); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	until := ""
	if made.Expiration != nil {
		until = ", good until " + made.Expiration.Format(time.RFC3339)
	}
	s.note("%s has a new access key, %s%s. Its secret is shown this once.\n%s Then: export AWS_PROFILE=%s",
		made.ARN, made.AccessKeyID, until, advice, word(made.Name))
	if c.Output == "json" {
		return s.printJSON(answer)
	}
	profile := fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", made.Name, made.AccessKeyID, made.SecretAccessKey)
	if made.SessionToken != "" {
		profile += "aws_session_token = " + made.SessionToken + "\n"
	}
	return s.printf("%s", profile)
}

type listCredentialsCommand struct {
	planeSettings
	outputSettings
}

// Run prints a line for each credential.
func (c *listCredentialsCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	answer, err := p.send(ctx, request{operation: "ListCredentials", method: http.MethodGet, path: credentialsPath})
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return s.printJSON(answer)
	}
	var list struct{ Items []credential }
	if err := json.Unmarshal(answer, &list); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	if len(list.Items) == 0 {
		s.note("There is no credential but the root key.")
		return nil
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tACCESS KEY\tCREATED\tEXPIRES") // a strings.Builder never fails
	for _, item := range list.Items {
		expires := "never"
		if item.Expiration != nil {
			expires = item.Expiration.Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", item.Name, item.AccessKeyID, item.CreatedDate.Format(time.RFC3339), expires)
	}
	_ = table.Flush()
	return s.printf("%s", printable(text.String()))
}

type deleteCredentialCommand struct {
	planeSettings

	Name string `arg:"" help:"Name of the credential."`
}

// Run deletes it.
func (c *deleteCredentialCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	_, err = p.send(ctx, request{operation: "DeleteCredentials", method: http.MethodDelete, path: credentialPath(c.Name)})
	if err != nil {
		return err
	}
	return s.printf("%s is deleted, and its access key with it\n", cmp.Or(c.Name, "it"))
}

// wholeSeconds is a time as the control plane takes it.
func wholeSeconds(flag string, d time.Duration) (int64, error) {
	if d < 0 || d%time.Second != 0 {
		return 0, usagef("%s: expected whole seconds, such as 90m or 720h, got %s", flag, d)
	}
	return int64(d / time.Second), nil
}
