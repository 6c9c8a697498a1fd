package lambda

import "net/http"

// Capped is what stands between the SDK and net/http.
func Capped(next http.RoundTripper) http.RoundTripper { return &capped{next} }
