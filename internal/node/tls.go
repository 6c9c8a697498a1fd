package node

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gangway/internal/certificates"
	"gangway/internal/gateway"
)

// TLSConfig says what the data listener does about TLS, on the port on which it takes plain text.
type TLSConfig struct {
	// Local has an authority in DataDir/tls certify localhost and the other names of the gateway, for machines that trust it.
	Local bool
	// Certificates is a folder of PEM files; certificateArn of a custom domain names one by what follows the last slash.
	Certificates string
	// ACME has an authority on the network certify custom domain names; its Domains are filled in.
	ACME *certificates.ACME
}

const (
	reloaded = 2 * time.Second // how often the folder of certificates is looked at
	tlsDir   = "tls"
)

// Authority is the file of the certificate that signs the local ones; empty: there is none.
func (n *Node) Authority() string {
	if !n.cfg.TLS.Local {
		return ""
	}
	return filepath.Join(n.cfg.DataDir, tlsDir, "ca.pem")
}

// secure opens what certificates there are to be.
func (n *Node) secure() error {
	cfg := &n.cfg.TLS
	if !cfg.Local && cfg.Certificates == "" && cfg.ACME == nil {
		return nil
	}
	options := certificates.Options{
		Folder: cfg.Certificates, Ours: n.isOurs, Policy: func(string) uint16 { return tls.VersionTLS12 },
		ClientCAs: n.clientCAs, Log: n.cfg.Log,
	}
	if cfg.Local {
		authority, err := certificates.OpenAuthority(filepath.Join(n.cfg.DataDir, tlsDir))
		if err != nil {
			return fmt.Errorf("local authority: %w", err)
		}
		options.Authority = authority
	}
	if cfg.ACME != nil {
		acme := *cfg.ACME
		acme.Domains = n.names.Domains.Lists // or anybody could have orders made for names below a wildcard
		options.ACME = &acme
	}
	var err error
	n.tls, err = certificates.Open(options)
	return err
}

// isOurs says whether a name is one that the local authority may certify.
func (n *Node) isOurs(name string) bool {
	if gateway.IsLoopback(name) || n.names.Domains.Has(name) {
		return true
	}
	if n.names.Domain != "" && strings.HasSuffix(name, ".execute-api."+n.names.Region+"."+n.names.Domain) {
		return true
	}
	hosts := slices.Clone(n.names.Hosts)
	if public, err := url.Parse(n.names.PublicURL); err == nil {
		hosts = append(hosts, public.Host)
	}
	return slices.ContainsFunc(hosts, func(host string) bool {
		if bare, _, err := net.SplitHostPort(host); err == nil {
			host = bare
		}
		return strings.EqualFold(host, name)
	})
}

// misdirected refuses requests that came over a connection made for another domain name, if that would be a way around
// the certificate that a client has to show. Where there is no TLS, nobody can show one. A host that is none goes nowhere.
func (n *Node) misdirected(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := gateway.HostName(r.Host)
		unclear := host == "" && r.Host != "" // others may read a name in it
		if unclear || n.tls != nil && n.tls.Admits(host, r.TLS) != nil || n.tls == nil && n.clientCAs(host) != nil {
			w.Header().Set("Connection", "close")
			http.Error(w, "Misdirected Request", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// clientCAs are who may sign the certificates of a domain's clients; nil: clients show none. A domain that asks for some that
// cannot be read trusts nobody.
func (n *Node) clientCAs(domain string) *x509.CertPool {
	own, custom := n.names.Domains.Name(domain)
	asking := n.asking.Load()
	if !custom || asking == nil || (*asking)[own] == "" {
		return nil
	}
	return n.trust.in((*asking)[own])
}
