package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Error is why a request is refused, in the words of Amazon API Gateway.
type Error struct {
	Code    string // goes into x-amzn-ErrorType
	Message string
	Status  int
}

// Error returns code and message.
func (e *Error) Error() string { return "sigv4: " + e.Code + ": " + e.Message }

func missingToken() *Error {
	return &Error{"MissingAuthenticationTokenException", "Missing Authentication Token", http.StatusForbidden}
}

func incomplete(format string, args ...any) *Error {
	return &Error{"IncompleteSignatureException", clip(fmt.Sprintf(format, args...)), http.StatusForbidden}
}

func invalid(format string, args ...any) *Error {
	return &Error{"InvalidSignatureException", clip(fmt.Sprintf(format, args...)), http.StatusForbidden}
}

func unrecognized() *Error {
	return &Error{
		"UnrecognizedClientException", "The security token included in the request is invalid.", http.StatusForbidden,
	}
}

func expiredToken() *Error {
	return &Error{
		"ExpiredTokenException", "The security token included in the request is expired", http.StatusForbidden,
	}
}

func badRequest(message string) *Error {
	return &Error{"BadRequestException", message, http.StatusBadRequest}
}

// These bound what of a request is shown in a message, so that a long request cannot ask for a longer answer.
const (
	maxMessage = 1 << 10
	maxEcho    = 16 << 10
)

func clip(message string) string { return message[:min(len(message), maxMessage)] }

// mismatch shows the client what it should have signed; that is how a wrong client is found.
func mismatch(canonical, toSign []byte) *Error {
	const text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret " +
		"Access Key and signing method. Consult the service documentation for details."
	if len(canonical) > maxEcho {
		return invalid(text)
	}
	var b strings.Builder
	b.Grow(len(text) + len(canonical) + len(toSign) + 128)
	b.WriteString(text)
	b.WriteString("\n\nThe Canonical String for this request should have been\n'")
	b.Write(canonical)
	b.WriteString("'\n\nThe String-to-Sign should have been\n'")
	b.Write(toSign)
	b.WriteString("'\n")
	return &Error{"InvalidSignatureException", b.String(), http.StatusForbidden}
}

// tooOld and tooNew name both times, so that a wrong clock is seen at once.
func tooOld(signed, now time.Time, window time.Duration) *Error {
	return invalid("Signature expired: %s is now earlier than %s (%s - %s.)", signed.Format(dateFormat),
		now.Add(-window).Format(dateFormat), now.Format(dateFormat), span(window))
}

func tooNew(signed, now time.Time, window time.Duration) *Error {
	return invalid("Signature not yet current: %s is still later than %s (%s + %s.)", signed.Format(dateFormat),
		now.Add(window).Format(dateFormat), now.Format(dateFormat), span(window))
}

func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d sec", d/time.Second)
}

// conceal hides what may be a secret; the client can compare the hash.
func conceal(s string) string {
	hash := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(hash[:])
}
