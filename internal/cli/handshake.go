package cli

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gangway/internal/node"
	"gangway/internal/sigv4"
)

const (
	executeService = "execute-api" // the name that handshakes and @connections are signed for
	presignTime    = 5 * time.Minute
)

// handshake is the URL and the headers to connect with, signed if asked for.
func (c *connectCommand) handshake(ctx context.Context, s *Streams) (address string, header http.Header, err error) {
	header, err = headersOf("--header", c.Header)
	if err != nil {
		return "", nil, err
	}
	target, err := url.Parse(c.URL)
	if err != nil || target.Host == "" || (target.Scheme != "ws" && target.Scheme != "wss") {
		return "", nil, usagef("expected a URL such as ws://localhost:8080/{api}/{stage}, got %q", c.URL)
	}
	if !c.Sign && !c.Presign {
		return c.URL, header, nil
	}
	key, region, err := c.key(s)
	if err != nil {
		return "", nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return "", nil, usage(err)
	}
	request.Header = header
	if c.Presign {
		sigv4.Presign(request, key, region, executeService, presignTime, time.Now())
	} else {
		sigv4.Sign(request, nil, key, region, executeService, time.Now())
	}
	return request.URL.String(), header, nil
}

// headersOf reads the values of a flag for headers.
func headersOf(flag string, lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, usagef("%s: expected 'NAME: VALUE', got %q", flag, line)
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return header, nil
}

// key is the access key of the folder in --data, or else that of the environment, or else that of the usual folder.
func (c *connectCommand) key(s *Streams) (key sigv4.Key, region string, err error) {
	key, region = environmentKey(s)
	if c.Data == "" && key.ID != "" && key.Secret != "" {
		return key, cmp.Or(region, "us-east-1"), nil
	}
	dir, err := c.dir(s)
	if err != nil {
		return key, "", err
	}
	if key, err = node.ReadCredentials(dir); err != nil {
		return key, "", err
	}
	if running, err := node.ReadRunning(dir); err == nil {
		region = running.Region
	}
	return key, cmp.Or(region, "us-east-1"), nil
}
