// Shots makes pictures of the console's pages, in light and dark.
//
//	go run ./console/shots -out FOLDER [PAGE ...]
//
// It starts a node of its own with something to see on it, and a browser; a page is an address such as /apis or
// /apis/{api}/routes, and all are taken if none is named.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gangway/internal/node"
	"gangway/test/browser"
	"gangway/test/console"
)

func main() {
	out := flag.String("out", "shots", "folder for the pictures")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out string, pages []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "gangway-shots-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in a folder for what is thrown away
	s, err := console.Open(ctx, node.Config{DataDir: dir})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // what counts are the pictures
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := s.Page.Go(s.URL("/")); err != nil {
		return err
	}
	if err := s.Page.See("Sign in"); err != nil {
		return err
	}
	if err := both(s, out, "signin"); err != nil {
		return err
	}
	api, leave, err := s.Furnish(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.SignIn(); err != nil {
		return err
	}
	if len(pages) == 0 {
		pages = console.Pages(api)
	}
	for _, page := range pages {
		page = strings.ReplaceAll(page, "{api}", api)
		if err := s.Show(page); err != nil {
			return err
		}
		if prepare := scenes[name(page, api)]; prepare != nil {
			if err := prepare(s.Page); err != nil {
				return fmt.Errorf("%s: %w", page, err)
			}
		}
		if err := both(s, out, name(page, api)); err != nil {
			return err
		}
	}
	return nil
}

// scenes are what is done on a page before its picture is made.
var scenes = map[string]func(*browser.Page) error{
	// Numbers are taken each five seconds.
	"dashboard": func(p *browser.Page) error {
		return p.Wait(`[...document.querySelectorAll('.chart .series')].some(e => (e.getAttribute('d') ?? '').split('L').length > 4)`)
	},
	"trace": func(p *browser.Page) error {
		return errors.Join(p.Wait(`document.querySelectorAll('main tr, main li, main [role=option], main [role=row]').length > 15`), p.Press("Pause"))
	},
	"client": func(p *browser.Page) error {
		return errors.Join(p.Press("Connect"), p.See("Connected"), p.Press("say"), p.Press("Send"), p.See("said"))
	},
}

// name is that of a picture: routes of /apis/{api}/routes.
func name(page, api string) string {
	page = strings.TrimPrefix(page, "/apis/"+api)
	return strings.ReplaceAll(strings.Trim(page, "/"), "/", "-")
}

func both(s *console.Stand, out, name string) error {
	for _, theme := range []string{"light", "dark"} {
		if err := s.Page.Theme(theme); err != nil {
			return err
		}
		picture, err := s.Page.Shot()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name+"-"+theme+".png"), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}
