//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"gangway/test/load/client"
)

// The sizes of the measurements with TLS, before scaling.
const (
	secureHandshakes = 2_000
	secureParallel   = 8
)

// tlsMeasurements compare with what nginx, and OpenSSL in it, does: TLS 1.3, a P-256 certificate, X25519, full handshakes.
func tlsMeasurements() []measurement {
	return []measurement{
		{name: "tls", title: "handshake over TLS 1.3", tls: true, run: secureHandshake},
		{name: "tlsidle", title: "idle connection over TLS 1.3, 2,000", tls: true, run: secureIdle},
	}
}

func (r *running) securing(n int) func(*server) client.Order {
	return func(s *server) client.Order {
		path := strings.ReplaceAll(s.path, "{n}", "1")
		if s.control != nil {
			path = "/" // the name has the API and the stage
		}
		return client.Order{Do: "secure", Address: s.address, Host: serverName, Path: path, Roots: r.certificate.chain, Count: n, Parallel: secureParallel}
	}
}

func secureHandshake(ctx context.Context, r *running) error {
	if _, err := r.do(ctx, r.securing(r.set.count(warmConnections))); err != nil {
		return err
	}
	_, err := r.timed(ctx, r.securing(r.fitting(secureHandshakes)))
	return err
}

func secureIdle(ctx context.Context, r *running) error {
	return r.weigh(ctx, r.securing(r.set.count(warmConnections)), r.securing(r.fitting(secureHandshakes)))
}

// name has an API reached by the name in the certificate.
func (p *plane) name(ctx context.Context, api string) error {
	if _, err := p.do(ctx, http.MethodPost, "/v2/domainnames", fmt.Sprintf(`{"domainName":%q,"domainNameConfigurations":[`+
		`{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/load","endpointType":"REGIONAL","securityPolicy":"TLS_1_2"}]}`, serverName), ""); err != nil {
		return err
	}
	_, err := p.do(ctx, http.MethodPost, "/v2/domainnames/"+serverName+"/apimappings", fmt.Sprintf(`{"apiId":%q,"stage":"prod","apiMappingKey":""}`, api), "")
	return err
}
