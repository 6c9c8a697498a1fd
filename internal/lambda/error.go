package lambda

import (
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// maxPayload is the most that a synchronous call may return: "Lambda quotas" in the AWS Lambda developer guide.
const maxPayload = 6<<20 + 100<<10

// ErrTooLarge is a result beyond the quota of Lambda.
var ErrTooLarge = errors.New("lambda: the result is larger than 6 MB")

// Error is a refusal of the Lambda service: no such function, no permission, throttled, out of order.
type Error struct {
	Status  int    // HTTP status
	Code    string // such as ResourceNotFoundException; empty if the service gave none
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("lambda: the service answered %d %s: %s", e.Status, e.Code, e.Message)
}

// classify tells refusals of the service from what happened on the way to it.
func classify(err error) error {
	if errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || response.HTTPStatusCode() < http.StatusMultipleChoices {
		return wrap(err)
	}
	refusal := &Error{Status: response.HTTPStatusCode()}
	var api interface { // which every error that the service has modelled implements
		ErrorCode() string
		ErrorMessage() string
	}
	if errors.As(err, &api) {
		refusal.Code, refusal.Message = api.ErrorCode(), api.ErrorMessage()
	}
	return refusal
}

func wrap(err error) error { return fmt.Errorf("lambda: %w", err) }
