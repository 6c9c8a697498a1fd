package certificates

import (
	"crypto/x509"
	"sync"
	"time"
)

// maxProofs is how many proofs are remembered.
const maxProofs = 1024

// proofs are what clients have proven to whom, so that a request by a connection that was kept costs no signatures. Only what was
// good is remembered: others cannot fill it. The zero value remembers nothing yet.
type proofs struct {
	mu    sync.Mutex
	until map[proof]time.Time // when the first certificate of the chain expires
}

// proof is that a certificate was signed by one of some signers. Pools do not change: other signers are another pool.
type proof struct {
	leaf    *x509.Certificate
	signers *x509.CertPool
}

// good says whether signers have signed for a client by what it has shown, as the handshake asks.
func (p *proofs) good(shown []*x509.Certificate, signers *x509.CertPool, now time.Time) bool {
	if len(shown) == 0 {
		return false
	}
	key := proof{shown[0], signers}
	if p.remembers(key, now) {
		return true
	}
	between := x509.NewCertPool()
	for _, cert := range shown[1:] {
		between.AddCert(cert)
	}
	chains, err := key.leaf.Verify(x509.VerifyOptions{
		Roots: signers, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return false
	}
	p.remember(key, chains[0])
	return true
}

func (p *proofs) remembers(key proof, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.until[key]
	return ok && !now.After(until)
}

func (p *proofs) remember(key proof, chain []*x509.Certificate) {
	until := key.leaf.NotAfter
	for _, cert := range chain {
		if cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[proof]time.Time{}
	}
	for other := range p.until {
		if len(p.until) < maxProofs {
			break
		}
		delete(p.until, other)
	}
	p.until[key] = until
}
