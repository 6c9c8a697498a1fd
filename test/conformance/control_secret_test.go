package conformance_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/internal/store"
	"gangway/test/executable"
)

// TestDefaultExposure starts the real program on a new folder with no settings but that: it listens on the loopback interface and
// nowhere else, and what it writes is its owner's alone.
func TestDefaultExposure(t *testing.T) {
	path, err := gangway()
	must(t, err)
	dir := filepath.Join(t.TempDir(), "new")
	p := &program{output: executable.NewScreen()}
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), path, "serve", "--data", dir)
	p.command.Env = []string{"HOME=" + t.TempDir()}
	p.command.Stdout, p.command.Stderr = p.output, p.output
	must(t, p.command.Start())
	t.Cleanup(p.kill)
	running, err := announced(t, dir, p)
	if errors.Is(err, errPortTaken) {
		t.Skipf("SKIPPED: the usual ports are taken on this machine, so nothing is known about them here: %s", p.output)
	}
	must(t, err)
	if running.Admin != "http://127.0.0.1:8081" || running.Data != "ws://localhost:8080" {
		t.Errorf("it says that it is at %s and %s", running.Admin, running.Data)
	}
	for _, address := range listening(t, p.command.Process.Pid) {
		if !address.Addr().IsLoopback() {
			t.Errorf("it listens on %s", address)
		}
	}
	must(t, filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		public := entry.Name() == "ca.pem" // for whoever is to trust it
		if err == nil && !public && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %o", file, info.Mode().Perm())
		}
		return err
	}))
	for _, name := range []string{"credentials", "secret.key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %o", name, info.Mode().Perm())
		}
	}
	key, err := node.ReadCredentials(dir)
	must(t, err)
	p.stop(t)
	if strings.Contains(p.output.String(), key.Secret) {
		t.Errorf("it prints the secret of the root key: %s", p.output)
	}
}

var errPortTaken = errors.New("port taken")

// announced waits until a program says where it is, or has ended.
func announced(t *testing.T, dir string, p *program) (node.Running, error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		running, err := node.ReadRunning(dir)
		switch {
		case err == nil:
			return running, nil
		case strings.Contains(p.output.String(), "is taken by another program"):
			return running, errPortTaken
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return running, fmt.Errorf("the program does not start: %s", p.output)
		}
	}
}

// listening are the addresses that a process listens on: proc_net(5) and proc_pid_fd(5).
func listening(t *testing.T, pid int) (found []netip.AddrPort) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only Linux says on which addresses a process listens, so nothing is known about it here")
	}
	proc := fmt.Sprintf("/proc/%d", pid)
	own := map[string]bool{}
	files, err := os.ReadDir(proc + "/fd")
	must(t, err)
	for _, file := range files {
		target, _ := os.Readlink(proc + "/fd/" + file.Name()) // some close meanwhile
		own[target] = true
	}
	for _, table := range []string{"/net/tcp", "/net/tcp6"} {
		text, err := os.ReadFile(proc + table)
		must(t, err)
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			const listens = "0A"
			if len(fields) > 9 && fields[3] == listens && own["socket:["+fields[9]+"]"] {
				found = append(found, procAddress(t, fields[1]))
			}
		}
	}
	if len(found) < 2 {
		t.Errorf("the program listens on %v alone", found)
	}
	return found
}

// procAddress reads an address as /proc has it: words of four bytes, each with its last byte first.
func procAddress(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	must(t, err)
	for word := 0; word+4 <= len(raw); word += 4 {
		raw[word], raw[word+1], raw[word+2], raw[word+3] = raw[word+3], raw[word+2], raw[word+1], raw[word]
	}
	address, ok := netip.AddrFromSlice(raw)
	number, err := hex.DecodeString(port)
	if !ok || err != nil || len(number) != 2 {
		t.Fatalf("/proc has the address %s", text)
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(number[0])<<8|uint16(number[1]))
}

// canary is a secret that has been made and used.
type canary struct{ name, text string }

// forms are how a secret may be written where it should not be.
func (c canary) forms() [][]byte {
	return [][]byte{
		[]byte(c.text), []byte(url.QueryEscape(c.text)), []byte(hex.EncodeToString([]byte(c.text))),
		[]byte(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(c.text)), "=")),
	}
}

// TestSecrets makes and uses secrets of every kind, and then looks for them in every file of the data folder, in a backup, and in
// the log of the node at its most talkative: none is there. The two files whose purpose it is to hold one are passed over.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	output := executable.NewScreen()
	s, stop, err := newServer(node.Config{DataDir: dir, Log: slog.New(slog.NewTextHandler(output, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	must(t, err)
	all := useSecrets(t, s)
	var backup bytes.Buffer
	_, err = store.Backup(t.Context(), dir, &backup)
	must(t, err)
	places := map[string][]byte{"the backup": backup.Bytes()}
	gather(t, dir, "running", places)
	must(t, stop())
	places["the log of the node"] = []byte(output.String())
	gather(t, dir, "stopped", places)
	if len(output.String()) == 0 || !bytes.Contains(backup.Bytes(), []byte(`"name":"canary"`)) {
		t.Error("the node has logged nothing, or the backup does not hold what is no secret")
	}
	for place, text := range places {
		for _, secret := range all {
			for _, form := range secret.forms() {
				if at := bytes.Index(text, form); at >= 0 {
					t.Errorf("%s: %s is there, at byte %d", place, secret.name, at)
				}
			}
		}
	}
	t.Logf("%d secrets looked for in %d places", len(all), len(places))
}

// gather reads all files of a data folder but those that are meant to hold a secret.
func gather(t *testing.T, dir, when string, places map[string][]byte) {
	t.Helper()
	files := 0
	must(t, filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "credentials" || entry.Name() == "secret.key" {
			return err
		}
		text, err := os.ReadFile(file)
		places[when+" "+entry.Name()] = text
		files++
		return err
	}))
	if files < 2 {
		t.Errorf("the folder has %d files", files)
	}
}

// useSecrets makes secrets, and does with each what it is for.
func useSecrets(t *testing.T, s *server) []canary {
	t.Helper()
	e := newEstate(s, "canary").found(t, nil)
	all := []canary{
		{"an API key", "value-of-the-key-of-canary"},
		{"an imported API key", "the-imported-key-of-canary"},
		{"the private key of a client certificate", "PRIVATE KEY"},
		{"the root key", s.key.SecretAccessKey},
	}
	generated := s.mustControl(t, post, "/apikeys", `{"name":"generated","enabled":true}`).text("value")
	all = append(all, canary{"a generated API key", generated})
	session := s.grant(t, "session", 3600, anything)
	lasting := s.grant(t, "lasting", 0, anything)
	rotated := keyOf(s.mustControl(t, post, "/gangway/credentials/lasting/rotation", `{"graceSeconds":3600}`))
	all = append(all, canary{"a session's secret", session.key.SecretAccessKey}, canary{"a session's token", session.key.SessionToken},
		canary{"a credential's secret", lasting.key.SecretAccessKey}, canary{"a rotated secret", rotated.SecretAccessKey})
	for _, key := range []struct {
		of     canary
		answer *answer
	}{
		{all[5], s.as(t, session.key, s.getAPIs())}, {all[7], s.as(t, lasting.key, s.getAPIs())}, {all[8], s.as(t, rotated, s.getAPIs())},
	} {
		if key.answer.status != http.StatusOK {
			t.Errorf("%s does not work: %s", key.of.name, key.answer.body)
		}
	}
	wrong := session.key
	wrong.SessionToken += "x"
	s.as(t, wrong, s.getAPIs())
	s.mustControl(t, get, "/apikeys?includeValues=true", nil)
	s.mustControl(t, get, e.path("/apikeys/{api_Key}")+"?includeValue=true", nil)
	s.mustControl(t, patch, e.path("/clientcertificates/{clientcertificate_id}"), `{"patchOperations":[{"op":"replace","path":"/description","value":"e"}]}`)
	for _, header := range []string{"value-of-the-key-of-canary", generated} {
		_, _, err := dial(t.Context(), handshake{url: s.data + e.path("/{apiId}/{stageName}"), header: http.Header{"X-Api-Key": {header}}})
		if err == nil {
			t.Error("a connection was made without a function to authorize it")
		}
	}
	return all
}
