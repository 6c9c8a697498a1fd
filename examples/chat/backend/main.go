// Command backend runs the chat example's backend alone. It signs with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN and AWS_REGION, and posts to the management endpoint given by --endpoint.
package main

import (
	"cmp"
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
	if *endpoint == "" {
		log.Error("--endpoint is needed: the management endpoint of the deployed API")
		os.Exit(2)
	}
	backend := &chat.Backend{Endpoint: strings.TrimSuffix(*endpoint, "/"), Signer: signer(), Log: log}
	server := &http.Server{Addr: *listen, Handler: backend, ReadHeaderTimeout: 10 * time.Second}
	log.Info("chat backend", "events", "http://"+*listen+chat.EventPath, "page", "http://"+*listen+"/", "endpoint", *endpoint)
	if err := server.ListenAndServe(); err != nil {
		log.Error("chat backend ends", "error", err)
		os.Exit(1)
	}
}

func signer() *chat.Signer {
	return &chat.Signer{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Region:          cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"),
	}
}
