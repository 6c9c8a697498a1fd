package access_test

import (
	"net/http/httptest"
	"testing"
)

func BenchmarkAuthorize(b *testing.B) {
	const conditional = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:*",` +
		`"Resource":"arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`
	all := callers(credential("simple", allow), credential("conditional", conditional))
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/", nil)
	for name, key := range map[string]string{"root": root.ID, "simple": "GWAKsimple", "conditional": "GWAKconditional"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := all.Authorize(r, key, push, post); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
