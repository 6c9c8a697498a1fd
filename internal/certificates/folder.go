package certificates

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// folder reads a folder of certificates. Only one goroutine at a time uses it.
type folder struct {
	path  string
	log   *slog.Logger
	files map[string]*source // by the name of the certificate
	wrong string             // what was last said of the folder itself
}

// source is the file of a certificate, or its two.
type source struct {
	paths   []string      // of the chain and of the key; one if they share a file
	looked  []fs.FileInfo // as they were when pair was read
	pair    *tls.Certificate
	wrong   string // what was last said of the files
	expired bool   // it was said
}

// index is what a folder holds. It does not change.
type index struct {
	byName   map[string]*tls.Certificate   // of the certificate
	byDomain map[string][]*tls.Certificate // domains, wildcards and addresses; the best first
}

// look reads what has changed. It returns nil and an error if the folder cannot be read, which leaves all as it was.
func (f *folder) look(now time.Time) (*index, error) {
	sources, err := f.list()
	if err != nil {
		if text := err.Error(); text != f.wrong {
			f.wrong = text
			f.log.Error("certificates cannot be read", "error", err)
		}
		return nil, err
	}
	f.wrong = ""
	for name, found := range sources {
		kept := f.files[name]
		if kept == nil || !slices.Equal(kept.paths, found.paths) {
			if kept != nil {
				found.pair = kept.pair // as long as the new files are no better
			}
			f.files[name], kept = found, found
		}
		kept.refresh(name, now, f.log)
	}
	for name, kept := range f.files {
		if sources[name] == nil {
			delete(f.files, name)
			f.log.Info("certificate removed", "certificate", name, "file", kept.paths[0])
		}
	}
	return f.index(now), nil
}

// list finds the files by their names. A key alone is not asked about: it may be waiting for its certificate.
func (f *folder) list() (map[string]*source, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	sources := map[string]*source{}
	for _, entry := range entries {
		file := entry.Name()
		extension := filepath.Ext(file)
		name := strings.TrimSuffix(file, extension)
		path := filepath.Join(f.path, file)
		switch {
		case name == "" || strings.HasPrefix(name, "."): // half-written, or kept for somebody else
		case extension == ".pem": // of both kinds, this one: it comes later
			sources[name] = &source{paths: []string{path}}
		case extension == ".crt":
			sources[name] = &source{paths: []string{path, filepath.Join(f.path, name+".key")}}
		}
	}
	return sources, nil
}

// refresh reads the files if they are not those that were read, and says what is wrong with them, once.
func (s *source) refresh(name string, now time.Time, log *slog.Logger) {
	pair, looked, err := s.read()
	switch {
	case err != nil && err.Error() != s.wrong:
		s.wrong = err.Error()
		log.Error("certificate refused", "certificate", name, "file", s.paths[0], "kept", s.pair != nil, "error", err)
	case err == nil && pair != nil:
		s.pair, s.looked, s.wrong, s.expired = pair, looked, "", false
		log.Info("certificate read", "certificate", name, "file", s.paths[0], "domains", domainsOf(pair.Leaf), "until", pair.Leaf.NotAfter)
	}
	if s.pair != nil && !s.expired && now.After(s.pair.Leaf.NotAfter) {
		s.expired = true
		log.Error("certificate has expired", "certificate", name, "file", s.paths[0], "until", s.pair.Leaf.NotAfter)
	}
}

// read returns nothing if the files are those that were read. What was refused is read again each time, for its mode, its
// owner or its other half may be better now.
func (s *source) read() (*tls.Certificate, []fs.FileInfo, error) {
	looked := make([]fs.FileInfo, len(s.paths))
	for i, path := range s.paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, nil, err
		}
		looked[i] = info
	}
	if s.wrong == "" && slices.EqualFunc(looked, s.looked, sameFile) {
		return nil, nil, nil
	}
	pair, err := readPair(s.paths)
	return pair, looked, err
}

// sameFile says whether nobody has written to a file or put another in its place.
func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() && a.ModTime().Equal(b.ModTime())
}

// readPair reads a chain and its key. Errors say nothing of what the files hold.
func readPair(paths []string) (*tls.Certificate, error) {
	key, err := readSecret(paths[len(paths)-1])
	if err != nil {
		return nil, err
	}
	chain := key
	if len(paths) > 1 {
		if chain, err = readFile(paths[0]); err != nil {
			return nil, err
		}
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(paths, " and "), err)
	}
	for i, der := range pair.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", paths[0], i+1, err)
		}
		if i == 0 {
			pair.Leaf = cert
		}
	}
	return &pair, nil
}

// index sorts the certificates: of those for one domain, one that is good already comes first, then one that lasts longer.
func (f *folder) index(now time.Time) *index {
	in := &index{map[string]*tls.Certificate{}, map[string][]*tls.Certificate{}}
	for name, s := range f.files {
		if s.pair == nil {
			continue
		}
		in.byName[name] = s.pair
		for _, domain := range domainsOf(s.pair.Leaf) {
			in.byDomain[domain] = append(in.byDomain[domain], s.pair)
		}
	}
	for _, pairs := range in.byDomain {
		slices.SortFunc(pairs, func(a, b *tls.Certificate) int {
			return cmp.Or(
				cmp.Compare(untilGood(a, now), untilGood(b, now)),
				b.Leaf.NotAfter.Compare(a.Leaf.NotAfter),
				bytes.Compare(a.Leaf.Raw, b.Leaf.Raw), // neither is better, but the choice must last
			)
		})
	}
	return in
}

// untilGood is how long a certificate must wait.
func untilGood(pair *tls.Certificate, now time.Time) time.Duration {
	return max(0, pair.Leaf.NotBefore.Sub(now))
}

// domainsOf are the names in a certificate. Clients look at no others (RFC 9525 section 2).
func domainsOf(leaf *x509.Certificate) []string {
	names := make([]string, 0, len(leaf.DNSNames)+len(leaf.IPAddresses))
	for _, name := range leaf.DNSNames {
		names = append(names, normal(name))
	}
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
