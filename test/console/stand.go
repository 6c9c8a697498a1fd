// Package console tries the web console as people use it: a real node, a real browser, and what stands on the pages. The tests are
// its users; the command shots makes pictures of all pages with the same [Stand].
package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gangway/internal/node"
	"gangway/internal/sigv4"
	"gangway/test/browser"
)

// A Stand is a node and a browser.
type Stand struct {
	Node    *node.Node // nil: it runs elsewhere
	Admin   string     // URL of its control plane
	Data    string     // where clients reach it
	Key     sigv4.Key  // of the root
	Browser *browser.Browser
	Page    *browser.Page
}

// Open starts a node on free loopback ports with a data folder, and a browser with one page. Both end when it is closed.
func Open(ctx context.Context, cfg node.Config) (*Stand, error) {
	cfg.Listen, cfg.Admin = "127.0.0.1:0", "127.0.0.1:0"
	n, err := node.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Stand{Node: n, Admin: n.AdminURL(), Data: n.DataURL()}
	if err := s.open(ctx, cfg.DataDir); err != nil {
		return nil, errors.Join(err, s.Close()) //nolint:contextcheck // what has begun is ended whatever becomes of ctx
	}
	return s, nil
}

// OpenAt is Open for a node that runs elsewhere on this machine, with its data folder.
func OpenAt(ctx context.Context, dir string) (*Stand, error) {
	running, err := node.ReadRunning(dir)
	if err != nil {
		return nil, err
	}
	s := &Stand{Admin: running.Admin, Data: running.Data}
	if err := s.open(ctx, dir); err != nil {
		return nil, errors.Join(err, s.Close()) //nolint:contextcheck // the same
	}
	return s, nil
}

func (s *Stand) open(ctx context.Context, dir string) error {
	path, err := browser.Find()
	if err != nil {
		return err
	}
	if s.Key, err = node.ReadCredentials(dir); err != nil {
		return err
	}
	if s.Browser, err = browser.Open(ctx, path); err != nil {
		return err
	}
	s.Page, err = s.Browser.NewPage() //nolint:contextcheck // a page lives as long as its browser
	return err
}

// Close ends the browser, and the node if it was started here.
func (s *Stand) Close() error {
	if s.Browser != nil {
		s.Browser.Close()
	}
	if s.Node == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return s.Node.Shutdown(ctx)
}

// URL is the address of a page of the console: URL("/apis").
func (s *Stand) URL(page string) string { return s.Admin + "/console/#" + page }

// SignIn opens the console and signs in as the root.
func (s *Stand) SignIn() error {
	for _, step := range []func() error{
		func() error { return s.Page.Go(s.URL("/apis")) },
		func() error { return s.Page.Fill("Access key ID", s.Key.ID) },
		func() error { return s.Page.Fill("Secret access key", s.Key.Secret) },
		func() error { return s.Page.Press("Sign in") },
		func() error { return s.Page.Wait(`!!document.querySelector('.shell h1')`) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
	}
	return nil
}

// Show goes to another page of the console and waits until it has its heading.
func (s *Stand) Show(page string) error {
	// The heading that is there belongs to the page before, and nobody minds what was typed there.
	move := fmt.Sprintf(`(() => { document.querySelector('main h1')?.remove(); document.querySelectorAll('form[data-unsaved]').forEach(f => delete f.dataset.unsaved); if (location.hash === %[1]q) dispatchEvent(new HashChangeEvent('hashchange')); else location.hash = %[1]q })()`, "#"+page)
	if err := s.Page.Eval(move, nil); err != nil {
		return err
	}
	return s.Page.Wait(`!!document.querySelector('main h1') && !document.querySelector('main .loading')`)
}

// Ask sends a signed request to the control plane, and decodes its answer unless result is nil.
func (s *Stand) Ask(ctx context.Context, method, path string, body, result any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, s.Admin+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	sigv4.Sign(r, text, s.Key, "us-east-1", "apigateway", time.Now())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // read
	if answer.StatusCode >= http.StatusBadRequest {
		var said struct{ Message string }
		_ = json.NewDecoder(answer.Body).Decode(&said) // without it, the status has to do
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, said.Message)
	}
	if result == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(result)
}
