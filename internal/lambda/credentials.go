package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ErrNoCredentials is a call that cannot be signed: the credential chain of the SDK has found nothing.
var ErrNoCredentials = errors.New("the gateway has no AWS credentials")

// keys is a credential chain whose errors can be told from those of a call.
type keys struct{ chain aws.CredentialsProvider }

// Retrieve implements [aws.CredentialsProvider].
func (k keys) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := k.chain.Retrieve(ctx)
	if err != nil {
		return found, fmt.Errorf("%w: %w", ErrNoCredentials, err)
	}
	return found, nil
}

// Credentials are the gateway's own for AWS, as the SDK's default chain finds them; it caches them as long as they are good.
// The error wraps [ErrNoCredentials].
func (c *Client) Credentials(ctx context.Context) (aws.Credentials, error) {
	return c.keys.Retrieve(ctx)
}

// Elsewhere are credentials for a service that is not AWS. They are those of the environment variables of the SDK, which
// whoever started the gateway chose for it, or else a key that is nobody's: emulators want a signature to see which service
// is meant, and do not check it.
func Elsewhere() aws.Credentials {
	if found, ok := fromEnvironment(); ok {
		return found
	}
	return aws.Credentials{AccessKeyID: "gangway", SecretAccessKey: "gangway"}
}

func fromEnvironment() (found aws.Credentials, ok bool) {
	found = aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}
	return found, found.AccessKeyID != ""
}
