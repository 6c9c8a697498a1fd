package authorizer

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gangway/internal/gateway"
)

// Limits of a question to an issuer.
const (
	fetchTimeout = 5 * time.Second
	maxFetched   = 256 << 10
	maxKeys      = 100
)

// An origin is where keys come from.
type origin struct {
	issuer string
	uri    string // of the key set; empty: the issuer's configuration says
}

// sigKey is a public key that verifies signatures.
type sigKey struct {
	public    any
	algorithm string // the only one; empty: any that the key is fit for
}

// curves are those of the ES algorithms, RFC 7518 section 3.4.
var curves = map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

// fits says whether a key may verify by an algorithm: RFC 7518 section 3, RFC 8725 section 3.1.
func (k *sigKey) fits(algorithm string) bool {
	if k.algorithm != "" && k.algorithm != algorithm {
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		const least = 2048 // RFC 7518 section 3.3
		return (strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")) && public.N.BitLen() >= least
	case *ecdsa.PublicKey:
		return curves[algorithm] == public.Params().Name
	case ed25519.PublicKey:
		return algorithm == string(jose.EdDSA)
	default:
		return false
	}
}

// check is an error for an origin that must not be asked.
func (o *origin) check() error {
	if o.uri != "" {
		return checkURL(o.uri, true)
	}
	return checkURL(o.issuer, true)
}

// checkURL takes https, and on this machine http: whoever can change keys on their way can make tokens.
func checkURL(text string, local bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "":
		return fmt.Errorf("%s is no URL of keys: expected https://{host}/{path}", quote(text))
	case u.Scheme == "https" || local && u.Scheme == "http" && gateway.IsLoopback(u.Host):
		return nil
	default:
		return fmt.Errorf("%s: keys are fetched by https, or on a loopback interface by http", quote(text))
	}
}

// fetch asks for the keys. Whatever a document does to the library that reads keys, the gateway goes on.
func (o *origin) fetch(ctx context.Context, client *http.Client) (keys map[string][]*sigKey, err error) {
	defer func() {
		if what := recover(); what != nil {
			keys, err = nil, fmt.Errorf("the keys cannot be read: %v", what)
		}
	}()
	if client.Transport == nil {
		return nil, errors.New("there is no way to reach the issuer")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	uri := o.uri
	if uri == "" {
		if uri, err = o.discover(ctx, client); err != nil {
			return nil, err
		}
	}
	document, err := get(ctx, client, uri)
	if err != nil {
		return nil, err
	}
	return keysOf(document)
}

// discover finds the URL of the keys: OpenID Connect Discovery 1.0 section 4.
func (o *origin) discover(ctx context.Context, client *http.Client) (string, error) {
	document, err := get(ctx, client, strings.TrimSuffix(o.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	all, err := members(document)
	if err != nil {
		return "", fmt.Errorf("the issuer's configuration: %w", err)
	}
	if issuer, _ := textOf(all["issuer"]); issuer != o.issuer {
		return "", fmt.Errorf("the issuer's configuration is of another issuer: %s", quote(issuer))
	}
	uri, _ := textOf(all["jwks_uri"])
	// One that is not of this machine leads to none here that it could not be reached by.
	return uri, checkURL(uri, strings.HasPrefix(o.issuer, "http:"))
}

func get(ctx context.Context, client *http.Client, uri string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers with status %d", uri, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxFetched+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", uri, err)
	case len(body) > maxFetched:
		return nil, fmt.Errorf("%s answers with more than %d bytes", uri, maxFetched)
	default:
		return body, nil
	}
}

// keysOf reads a JWK Set: RFC 7517 section 5. Keys that are not understood, that are no public keys or not for signatures
// are none; a set without any is what an issuer has that takes all keys back.
func keysOf(document []byte) (map[string][]*sigKey, error) {
	all, err := members(document)
	if err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(all["keys"], &list); err != nil || list == nil {
		return nil, errors.New("the key set has no list of keys")
	}
	if len(list) > maxKeys {
		return nil, fmt.Errorf("the key set has %d keys: %d are the limit", len(list), maxKeys)
	}
	keys := make(map[string][]*sigKey, len(list))
	for _, text := range list {
		if kid, key := keyOf(text); key != nil {
			keys[kid] = append(keys[kid], key)
		}
	}
	return keys, nil
}

// keyOf reads one key; nil: it is none for us.
func keyOf(text json.RawMessage) (kid string, key *sigKey) {
	var read jose.JSONWebKey
	if err := read.UnmarshalJSON(text); err != nil || read.KeyID == "" || !read.IsPublic() || !read.Valid() {
		return "", nil
	}
	all, err := members(text)
	if err != nil || read.Use != "" && read.Use != "sig" {
		return "", nil
	}
	if operations, _ := textsOf(all["key_ops"]); present(all["key_ops"]) && !slices.Contains(operations, "verify") {
		return "", nil
	}
	return read.KeyID, &sigKey{public: read.Key, algorithm: read.Algorithm}
}
