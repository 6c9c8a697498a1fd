package node

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	trusted      = time.Second // how long a file of signers is taken to be what it was
	maxAuthority = 1 << 20     // bytes of such a file
)

// trust knows who may sign certificates of clients: the files with the extension .ca in a folder. A file is read once, and again
// when it has changed; every handshake and every request asks.
type trust struct {
	folder string // empty: nobody is trusted
	log    *slog.Logger

	mu    sync.Mutex // guards what follows
	files map[string]*signers
}

// signers are those in a file.
type signers struct {
	looked time.Time
	info   os.FileInfo    // of what was read; nil: nothing was
	pool   *x509.CertPool // empty if the file cannot be used
	said   string         // what is wrong with the file, as the log has it
}

// in returns those whom a file names; nobody, if it cannot be used.
func (t *trust) in(name string) *x509.CertPool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.files[name]
	if s == nil {
		s = &signers{pool: x509.NewCertPool()}
		if t.files == nil {
			t.files = map[string]*signers{}
		}
		t.files[name] = s
	}
	if now := time.Now(); s.looked.IsZero() || now.Sub(s.looked) >= trusted {
		s.looked = now
		t.look(s, name)
	}
	return s.pool
}

// look reads a file if it is another than before.
func (t *trust) look(s *signers, name string) {
	err := errors.New("there is no folder of certificates (--certificates)")
	if t.folder != "" {
		err = s.read(filepath.Join(t.folder, filepath.Base(name)+".ca"))
	}
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != "" && said != s.said {
		t.log.Error("clients of a domain cannot be verified: nobody is trusted", "signers", name, "error", err)
	}
	s.said = said
}

// read takes up a file, unless it was read before and is the same.
func (s *signers) read(path string) error {
	info, err := os.Stat(path)
	if err == nil && s.info != nil && os.SameFile(info, s.info) && info.ModTime().Equal(s.info.ModTime()) && info.Size() == s.info.Size() {
		if s.said != "" {
			return errors.New(s.said)
		}
		return nil
	}
	s.info, s.pool = nil, x509.NewCertPool()
	if err != nil {
		return fmt.Errorf("look at signers: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxAuthority { // a pipe would have every handshake wait
		return fmt.Errorf("%s: expected a file of at most %d bytes", path, maxAuthority)
	}
	text, err := readFile(path)
	if err != nil {
		return fmt.Errorf("read signers: %w", err)
	}
	s.info = info
	if !s.pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s: there is no certificate in the file", path)
	}
	return nil
}

// readFile reads a file, and no more of it than may be there.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxAuthority))
	return text, errors.Join(err, file.Close())
}
