//go:build linux

package overload_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFootprint: what connections cost that say nothing, by plain text and by TLS.
func TestFootprint(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			for _, row := range []struct {
				name   string
				n, bar int // connections, and bytes for each
				tls    bool
			}{
				{"plain", sized(9000, 9000), 24 << 10, false},
				{"TLS", sized(1000, 9000), 56 << 10, true},
			} {
				t.Run(row.name, func(t *testing.T) {
					s := start(t, engine.flags...).define(t, nil, echoing)
					within(t, "the start", s.started, 500*time.Millisecond)
					how := visitor{}
					if row.tls {
						how.tls = s.trusting(t)
					}
					before := s.rest(t)
					n := affordable(t, row.n)
					begun := time.Now()
					all := s.gather(t, n, how)
					rate := float64(n) / time.Since(begun).Seconds()
					now := s.atRest(t)
					each, goroutines := (now.resident-before.resident)/n, float64(now.goroutines-before.goroutines)/float64(n)
					t.Logf("%d connections, %.0f handshakes a second: %d bytes and %.2f goroutines each; the bars are %d and 2.2", n, rate, each, goroutines, row.bar)
					if each > row.bar {
						t.Errorf("a connection takes %d bytes, more than %d", each, row.bar)
					}
					if goroutines > 2.2 {
						t.Errorf("a connection takes %.2f goroutines", goroutines)
					}
					share := s.share(t, time.Duration(sized(1, 10))*time.Second)
					t.Logf("with nothing to do, the node takes %.1f %% of a processor, the bar is 2 %%", 100*share)
					if share > 0.2 {
						t.Errorf("the node is busy: it takes %.0f %% of a processor", 100*share)
					}
					must(t, all[:min(n, 1000)].round(1, new(times)))
					for _, c := range all {
						c.drop()
					}
					s.settle(t, before)
				})
			}
		})
	}
}

// trusting are clients who trust the authority in the data folder.
func (p *process) trusting(t *testing.T) *tls.Config {
	t.Helper()
	authority, err := os.ReadFile(filepath.Join(p.dir, "tls", "ca.pem"))
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS13}
}

// affordable is how many connections both sides may have, of those that are wanted.
func affordable(t *testing.T, wanted int) int {
	t.Helper()
	const others = 500 // descriptors
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	if most := int(min(limit.Cur, 1<<20)) - others; most < wanted {
		t.Logf("only %d of %d connections: the system allows %d open files", most, wanted, limit.Cur)
		return most
	}
	return wanted
}

// atRest are the figures once memory has stopped to grow.
func (s *stage) atRest(t *testing.T) (now figures) {
	t.Helper()
	last := -1
	eventually(func() bool {
		last, now = now.resident, s.figures(t)
		return now.resident <= last
	})
	return now
}
