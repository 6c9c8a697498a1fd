package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxAnswer is how much of an answer is read; none that the example expects is longer.
const maxAnswer = 1 << 20

// A Signer sends HTTP requests signed with Signature Version 4.
type Signer struct {
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // empty for a long-lived key
	Region                       string
	// Client sends the requests; http.DefaultClient if it is nil.
	Client *http.Client
}

// Do sends a request to a service, and returns the status and the body of the answer.
func (s *Signer) Do(ctx context.Context, service, method, url string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("chat: %w", err)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	hash := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}
	err = v4.NewSigner().SignHTTP(ctx, key, request, hex.EncodeToString(hash[:]), service, s.Region, time.Now())
	if err != nil {
		return 0, nil, fmt.Errorf("chat: sign: %w", err)
	}
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("chat: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read; closing can add nothing
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("chat: read the answer to %s %s: %w", method, url, err)
	}
	return response.StatusCode, answer, nil
}
