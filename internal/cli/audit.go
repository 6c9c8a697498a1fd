package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type auditCommand struct {
	planeSettings
	outputSettings

	After uint64 `placeholder:"REVISION" help:"Begin after this revision. Default: with the first."`
}

// auditPage is a page of the audit log.
type auditPage struct {
	Items []struct {
		Revision  uint64    `json:"revision"`
		Time      time.Time `json:"time"`
		Principal string    `json:"principal"`
		Operation string    `json:"operation"`
		Objects   []string  `json:"objects"`
	} `json:"items"`
	NextToken string `json:"nextToken"`
}

// Run prints a line for each write, page by page: the log may be long.
func (c *auditCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	for token := fmt.Sprint(c.After); token != ""; {
		answer, err := p.send(ctx, request{
			operation: "ListChanges", method: http.MethodGet, path: "/gangway/changes", query: url.Values{"nextToken": {token}},
		})
		if err != nil {
			return err
		}
		var page auditPage
		if err := json.Unmarshal(answer, &page); err != nil {
			return fmt.Errorf("control plane: %w", err)
		}
		if err := c.print(s, &page); err != nil {
			return err
		}
		token = page.NextToken
	}
	return nil
}

// print prints a page, as JSON an object a line.
func (c *auditCommand) print(s *Streams, page *auditPage) error {
	var text strings.Builder
	for _, item := range page.Items {
		if c.Output == "json" {
			line, err := json.Marshal(item)
			if err != nil {
				return fmt.Errorf("audit: %w", err)
			}
			text.WriteString(printable(string(line)) + "\n")
			continue
		}
		principal := fields(strings.Split(item.Principal, " "), " ") // an ARN and a key
		fmt.Fprintf(&text, "%d  %s  %s  %s  %s\n", item.Revision, item.Time.Format(time.RFC3339), field(item.Operation), principal,
			fields(item.Objects, " "))
	}
	return s.printf("%s", text.String())
}
