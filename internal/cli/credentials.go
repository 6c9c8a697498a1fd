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
	Create createCredentialCommand `cmd:"" help:"Make an access key that may do what a policy says, and print it as a profile for ~/.aws/credentials, or write it there."`
	List   listCredentialsCommand  `cmd:"" help:"List the credentials, without their secrets."`
	Rotate rotateCredentialCommand `cmd:"" help:"Give a credential a new access key, and print or write it as create does."`
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
	issueSettings

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
	if names := unasked(policy); len(names) > 0 {
		s.note("warning: Gangway never asks about what the policy names: %s", oneLine(strings.Join(names, ", ")))
	}
	body, err := json.Marshal(struct {
		Name            string          `json:"name"`
		Policy          json.RawMessage `json:"policy"`
		DurationSeconds int64           `json:"durationSeconds,omitempty"`
	}{c.Name, policy, seconds})
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return c.issue(ctx, s, p, &issuing{
		request: request{operation: "CreateCredentials", method: http.MethodPost, path: credentialsPath, body: body},
		name:    c.Name,
		advice:  "Append what is on standard output to ~/.aws/credentials, if there is no such profile in it yet; --write FILE minds both.",
	})
}

type rotateCredentialCommand struct {
	planeSettings
	issueSettings

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
	old := "The old one is no longer good."
	if c.Grace > 0 {
		old = fmt.Sprintf("The old one stays good for %s.", c.Grace)
	}
	return c.issue(ctx, s, p, &issuing{
		request: request{
			operation: "RotateCredentials", method: http.MethodPost, path: credentialPath(c.Name) + "/rotation",
			body: fmt.Appendf(nil, `{"graceSeconds":%d}`, seconds),
		},
		name: c.Name, old: old,
		advice: "Put it in the place of the old one in ~/.aws/credentials; appended there, it makes a file that no AWS tool reads. --write FILE does it.",
	})
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
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", field(item.Name), field(item.AccessKeyID), item.CreatedDate.Format(time.RFC3339), expires)
	}
	_ = table.Flush()
	return s.printf("%s", text.String())
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
