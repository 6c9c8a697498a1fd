package node

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gangway/internal/sigv4"
	"gangway/internal/store"
)

// CredentialsFile is where a data folder has its root key, as an AWS shared credentials file.
func CredentialsFile(dataDir string) string { return filepath.Join(dataDir, "credentials") }

// openCredentials reads the root key of a data folder, or makes one at the first start.
func openCredentials(dataDir string) (sigv4.Key, error) {
	key, err := ReadCredentials(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeCredentials(CredentialsFile(dataDir))
	}
	return key, err
}

// ReadCredentials is the root key of a data folder. The file is refused if others than its owner can read it.
func ReadCredentials(dataDir string) (sigv4.Key, error) {
	path := CredentialsFile(dataDir)
	info, err := os.Stat(path)
	if err != nil {
		return sigv4.Key{}, fmt.Errorf("credentials: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return sigv4.Key{}, fmt.Errorf("credentials: %s can be read by others (mode %o); run chmod 600 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return sigv4.Key{}, fmt.Errorf("credentials: %w", err)
	}
	var key sigv4.Key
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			key.ID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			key.Secret = strings.TrimSpace(value)
		}
	}
	if key.ID == "" || key.Secret == "" {
		return sigv4.Key{}, fmt.Errorf("credentials: %s lacks aws_access_key_id or aws_secret_access_key", path)
	}
	return key, nil
}

// makeCredentials makes a root key: an id of 20 characters and a secret of 40, as AWS's are.
func makeCredentials(path string) (sigv4.Key, error) {
	var random [40]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	key := sigv4.Key{
		ID:     "GWRT" + base32.StdEncoding.EncodeToString(random[:10]),
		Secret: base64.StdEncoding.EncodeToString(random[10:]),
	}
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", key.ID, key.Secret)
	if err := writeNew(path, text); err != nil {
		return sigv4.Key{}, fmt.Errorf("credentials: %w", err)
	}
	return key, nil
}

// Running is what a running node says of itself in its data folder, for commands on the same machine.
type Running struct {
	PID    int    `json:"pid"`
	Admin  string `json:"admin"` // URL of the control plane
	Data   string `json:"data"`  // URL of the data listener
	Region string `json:"region"`
	// Authority is the file with the certificate by which local certificates can be verified; empty: there are none.
	Authority string `json:"authority,omitempty"`
	// Lambda is the API of functions that the node hosts, or that it calls in place of AWS's; empty: it calls AWS.
	Lambda string `json:"lambda,omitempty"`
}

func runningFile(dataDir string) string { return filepath.Join(dataDir, "running.json") }

// ReadRunning is what the node on a data folder has said of itself. [fs.ErrNotExist]: none runs there.
func ReadRunning(dataDir string) (Running, error) {
	var running Running
	text, err := os.ReadFile(runningFile(dataDir))
	if err == nil {
		err = json.Unmarshal(text, &running)
	}
	if err != nil {
		return Running{}, fmt.Errorf("running node: %w", err)
	}
	return running, nil
}

// FindRunning is ReadRunning for who acts on a folder: what a node has left behind that was killed is not believed.
func FindRunning(dataDir string) (Running, error) {
	if !store.Taken(dataDir) {
		return Running{}, fmt.Errorf("running node: %w", fs.ErrNotExist)
	}
	return ReadRunning(dataDir)
}

// announce writes down where this node is.
func (n *Node) announce() error {
	text, err := json.Marshal(Running{PID: os.Getpid(), Admin: n.AdminURL(), Data: n.DataURL(), Region: n.cfg.Region, Authority: n.Authority(), Lambda: n.LambdaURL()})
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	_ = os.Remove(runningFile(n.cfg.DataDir)) // of a node that was killed; the folder is locked, so none runs
	if err := writeNew(runningFile(n.cfg.DataDir), string(text)+"\n"); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// retract takes back what announce wrote.
func (n *Node) retract() {
	if err := os.Remove(runningFile(n.cfg.DataDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.cfg.Log.Warn("cannot remove file", "error", err)
	}
}

// writeNew writes a file that only its owner may read: whole or not at all, and on disk when it returns.
func writeNew(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
