package console_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"gangway/internal/console"
)

// FuzzBridgeFrame: whatever a page asks for is either refused or one request to the stage that the bridge is for, with no other
// request and no body behind it.
func FuzzBridgeFrame(f *testing.F) {
	for _, frame := range []string{
		`{"type":"connect"}`, `{"type":"connect","path":"/a?b=c","headers":{"X-A":"b","Host":"other.test"},"subprotocols":["a","b"],"sign":true}`,
		`{"type":"connect","path":"?x"}`, `{"type":"connect","path":"/%2F..//"}`, `{"type":"connect","path":"/a b"}`,
		`{"type":"connect","headers":{"A":"b\r\nC: d"}}`, `{"type":"connect","headers":{"Transfer-Encoding":"chunked"}}`,
		`{"type":"message","data":"x"}`, `{"type":"close","code":1000,"reason":"x"}`, `{"type":"close","code":-1}`, `[[[`, ``,
	} {
		f.Add([]byte(frame), "a1", "prod")
	}
	f.Fuzz(func(t *testing.T, payload []byte, api, stage string) {
		r, err := console.Handshake(payload, "gateway.test:8080", api, stage)
		if r == nil || err != nil {
			return
		}
		if r.URL.Host != "gateway.test:8080" || r.URL.Scheme != "ws" {
			t.Fatalf("it goes to %s", r.URL)
		}
		again, err := http.NewRequest(http.MethodGet, r.URL.String(), http.NoBody)
		if err != nil {
			t.Fatalf("%s: %v", r.URL, err)
		}
		again.Header, again.Host = r.Header, "gateway.test:8080"
		var wire bytes.Buffer
		if err := again.Write(&wire); err != nil {
			t.Fatal(err)
		}
		behind := bufio.NewReader(&wire)
		read, err := http.ReadRequest(behind)
		if err != nil {
			t.Fatalf("%q: %v", wire.String(), err)
		}
		segments := strings.Split(read.RequestURI, "/")
		if len(segments) < 3 || read.ContentLength != 0 || len(read.TransferEncoding) > 0 || behind.Buffered() > 0 {
			t.Fatalf("it reads as %s with %d bytes behind it", read.RequestURI, behind.Buffered())
		}
		for i, want := range []string{api, stage} {
			decoded, rest, _ := strings.Cut(segments[i+1], "?")
			if rest != "" && i == 0 {
				t.Fatalf("the stage is missing in %s", read.RequestURI)
			}
			if strings.ContainsAny(want, "/?#") && decoded == want {
				t.Fatalf("%q stands in %s as it is", want, read.RequestURI)
			}
		}
	})
}
