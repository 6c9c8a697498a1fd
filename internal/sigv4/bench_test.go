package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strconv"
	"testing"

	"gangway/internal/sigv4"
)

// sdkCall is a PostToConnection as the SDK for Go sends it.
func sdkCall(body []byte) *http.Request {
	r := serverRequest("POST", paths[2], string(body))
	for name, value := range map[string]string{
		"Accept-Encoding": "gzip", "Amz-Sdk-Invocation-Id": "15321010-d581-4e02-a038-a2bf05897659", "Amz-Sdk-Request": "attempt=1; max=3",
		"Content-Type": "application/octet-stream", "User-Agent": "aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26.8",
	} {
		r.Header.Set(name, value)
	}
	sigv4.Sign(r, body, permanent, testRegion, testService, testTime)
	return r
}

func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{64, 128 << 10} {
		body := bytes.Repeat([]byte("x"), size)
		r, v := sdkCall(body), testVerifier()
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				verify(b, v, r, body)
			}
		})
		b.Run(strconv.Itoa(size)+"-contended", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					verify(b, v, r, body)
				}
			})
		})
	}
	b.Run("presigned", func(b *testing.B) {
		r, v := newCall("query", "GET", "/prod", "", temporary).request(), testVerifier()
		b.ReportAllocs()
		for b.Loop() {
			verify(b, v, r, nil)
		}
	})
}

func verify(b *testing.B, v *sigv4.Verifier, r *http.Request, body []byte) {
	b.Helper()
	if _, err := v.Verify(r, body); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHashing is what no verifier can do without: the body, a canonical request of this size, and a MAC of a string to
// sign with a key that is at hand.
func BenchmarkHashing(b *testing.B) {
	body, canonical, toSign := make([]byte, 64), make([]byte, 390), make([]byte, 143)
	mac, sum := hmac.New(sha256.New, make([]byte, 32)), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = sha256.Sum256(body), sha256.Sum256(canonical)
		mac.Reset()
		_, _ = mac.Write(toSign)
		sum = mac.Sum(sum[:0])
	}
}

func BenchmarkSign(b *testing.B) {
	r := clientRequest("POST", paths[0])
	b.ReportAllocs()
	for b.Loop() {
		sigv4.Sign(r, nil, permanent, testRegion, testService, testTime)
	}
}
