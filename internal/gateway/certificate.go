package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// A ClientCertificate is what the gateway shows to backends that ask who calls: "Generate and configure an SSL
// certificate for backend authentication" in the developer guide.
type ClientCertificate struct {
	ClientCertificateSettings
	ClientCertificateOrigin
	ClientCertificateID   string `json:"clientCertificateId"`
	CreatedDate           Epoch  `json:"createdDate"`
	ExpirationDate        Epoch  `json:"expirationDate"`
	PEMEncodedCertificate string `json:"pemEncodedCertificate"`
	// PrivateKey is stored, and never shown.
	PrivateKey string `json:"privateKey,omitempty"`
}

// ClientCertificateSettings is what a client may write of a [ClientCertificate].
type ClientCertificateSettings struct {
	Description string `json:"description,omitempty"`
}

// ClientCertificateOrigin is what a client may write of a [ClientCertificate] when it creates it.
type ClientCertificateOrigin struct {
	Tags map[string]string `json:"tags"`
}

// certificateLife is how long a certificate is good, as on the service.
const certificateLife = 365 * 24 * time.Hour

// Settings is the part that a client may write.
func (c *ClientCertificate) Settings() any { return &c.ClientCertificateSettings }

// Origin is the part that a client may write once.
func (c *ClientCertificate) Origin() any { return &c.ClientCertificateOrigin }

// Locate writes the part that is ours: the certificate and its key, if there are none yet.
func (c *ClientCertificate) Locate(key Key, now time.Time) {
	c.ClientCertificateID = key.ID()
	if c.Tags == nil {
		c.Tags = map[string]string{}
	}
	if c.PEMEncodedCertificate == "" && c.generate(now) == nil {
		c.CreatedDate = EpochOf(now)
		c.ExpirationDate = EpochOf(now.Add(certificateLife))
	}
}

// generate makes a key and a certificate that the key itself has signed.
func (c *ClientCertificate) generate(now time.Time) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	var serial [16]byte
	_, _ = rand.Read(serial[:])       // never fails: crypto/rand ends the process instead
	serial[0] = serial[0]&0x7f | 0x40 // positive, and of 16 bytes: RFC 5280, section 4.1.2.2
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial[:]),
		Subject:               pkix.Name{CommonName: "ApiGateway"},
		NotBefore:             now.UTC(),
		NotAfter:              now.UTC().Add(certificateLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	c.PEMEncodedCertificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	c.PrivateKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return nil
}

// Shown is the certificate without its private key.
func (c *ClientCertificate) Shown() ClientCertificate {
	shown := *c
	shown.PrivateKey = ""
	return shown
}

// Pair is the certificate as TLS connections take it.
func (c *ClientCertificate) Pair() (tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(c.PEMEncodedCertificate), []byte(c.PrivateKey))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("client certificate %s: %w", c.ClientCertificateID, err)
	}
	return pair, nil
}

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be.
func (c *ClientCertificate) Patch(p Patch) error {
	return apply(c, p, []edit[ClientCertificate]{{
		"/description",
		[]string{opReplace},
		toText(func(c *ClientCertificate) *string { return &c.Description }),
	}})
}

// errNoCertificate is no fault of a client: the machine could not make a key.
var errNoCertificate = errors.New("client certificate: none could be generated")

// Validate implements [Object].
func (c *ClientCertificate) Validate() error {
	if c.PEMEncodedCertificate == "" {
		return errNoCertificate
	}
	return check(atMost("description", c.Description, 1024), validateTags(c.Tags))
}

// References implements [Object].
func (c *ClientCertificate) References() []Key { return nil }
