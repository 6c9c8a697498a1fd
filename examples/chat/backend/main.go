// Command backend runs the chat example's backend alone. It signs with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN and AWS_REGION, and posts to the management endpoint given by --endpoint.
package main

import (
	"cmp"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"gangway/examples/chat"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9000", "address to take the gateway's calls on")
	endpoint := flag.String("endpoint", os.Getenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"),
		"management endpoint of the deployed API, such as http://localhost:8080/{api}/{stage}")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	backend, err := newBackend(*endpoint, os.Getenv, log)
	if err != nil {
		log.Error(err.Error())
		os.Exit(2)
	}
	server := &http.Server{Addr: *listen, Handler: backend, ReadHeaderTimeout: 10 * time.Second}
	log.Info("chat backend", "events", "http://"+*listen+chat.EventPath, "page", "http://"+*listen+"/", "endpoint", *endpoint)
	if err := server.ListenAndServe(); err != nil {
		log.Error("chat backend ends", "error", err)
		os.Exit(1)
	}
}

// newBackend refuses what would fail only at the first push.
func newBackend(endpoint string, env func(string) string, log *slog.Logger) (*chat.Backend, error) {
	if endpoint == "" {
		return nil, errors.New("--endpoint or AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is needed: the management endpoint of the deployed API")
	}
	signer := &chat.Signer{
		AccessKeyID:     env("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    env("AWS_SESSION_TOKEN"),
		Region:          cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION"), "us-east-1"),
	}
	if signer.AccessKeyID == "" || signer.SecretAccessKey == "" {
		return nil, errors.New("there is no access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN for a temporary key; " +
			"this example does not read AWS_PROFILE")
	}
	return &chat.Backend{Endpoint: strings.TrimSuffix(endpoint, "/"), Signer: signer, Log: log}, nil
}
