package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/sigv4"
)

// TestSigV4 signs random requests with the signer of the AWS SDK for Go v2, sends them over the wire format, and wants
// each accepted as it is and refused with one byte of what is signed changed.
func TestSigV4(t *testing.T) {
	const seed1, seed2, requests = 4, 256, 2000
	d := &dialogue{
		Rand: rand.New(rand.NewPCG(seed1, seed2)),
		now:  time.Date(2024, 2, 19, 7, 11, 42, 0, time.UTC),
		credentials: []aws.Credentials{
			{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
			{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "temporary+secret", SessionToken: "FwoGZXIvYXdzEXAMPLE//+=="},
		},
	}
	verifier := &sigv4.Verifier{
		Region: "us-east-1", Service: "execute-api", Keys: d.key, Now: func() time.Time { return d.now },
	}
	for i := range requests {
		body := d.bytes(d.IntN(2) * d.IntN(2000))
		wire, start := d.signed(t, body)
		r, read := receive(t, wire)
		if _, err := verifier.Verify(r, read); err != nil {
			t.Fatalf("request %d refused: %v\n%s", i, err, wire)
		}
		changed, r, read := d.change(wire, start)
		if id, err := verifier.Verify(r, read); err == nil {
			t.Fatalf("request %d accepted as %+v with one byte changed:\n%q\n%q", i, id, wire, changed)
		}
	}
}

// A dialogue makes up requests and knows who may sign them.
type dialogue struct {
	*rand.Rand
	now         time.Time
	credentials []aws.Credentials
}

func (d *dialogue) key(id string) (sigv4.Key, bool) {
	for _, c := range d.credentials {
		if c.AccessKeyID == id {
			return sigv4.Key{ID: id, Secret: c.SecretAccessKey, SessionToken: c.SessionToken}, true
		}
	}
	return sigv4.Key{}, false
}

// signed returns a signed request as it goes over the wire, and where its path begins.
func (d *dialogue) signed(t *testing.T, body []byte) (wire []byte, start int) {
	t.Helper()
	query := url.Values{}
	for range d.IntN(4) {
		query.Add(d.text(1+d.IntN(3)), d.text(d.IntN(8)))
	}
	u := &url.URL{Scheme: "https", Host: "abcdef1234.execute-api.us-east-1.amazonaws.com", RawQuery: query.Encode()}
	for range 1 + d.IntN(4) {
		u.Path += "/" + strings.Trim(d.text(1+d.IntN(10)), "/.") + "x"
	}
	method := []string{"GET", "POST", "DELETE", "PATCH"}[d.IntN(4)]
	r, err := http.NewRequestWithContext(t.Context(), method, u.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for range d.IntN(4) {
		r.Header.Add([]string{"X-Amz-Meta", "Content-Type", "My-Header", "Amz-Sdk-Request"}[d.IntN(4)], d.value())
	}
	d.sign(t, r, body)

	var buf bytes.Buffer
	if err := r.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), len(method) + 1
}

func (d *dialogue) sign(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	credentials, signer := d.credentials[d.IntN(2)], v4.NewSigner()
	if d.IntN(3) > 0 {
		if d.IntN(2) == 0 {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
		if err := signer.SignHTTP(context.Background(), credentials, r, hash, "execute-api", "us-east-1", d.now); err != nil {
			t.Fatal(err)
		}
		return
	}
	query := r.URL.Query()
	if d.IntN(2) == 0 {
		query.Set("X-Amz-Expires", fmt.Sprint(1+d.IntN(604800)))
	}
	r.URL.RawQuery = query.Encode()
	uri, header, err := signer.PresignHTTP(context.Background(), credentials, r, hash, "execute-api", "us-east-1", d.now)
	if err != nil {
		t.Fatal(err)
	}
	if r.URL, err = url.Parse(uri); err != nil {
		t.Fatal(err)
	}
	r.Header = header
	r.Header.Del("Host")
}

// change alters one byte of the path, of the query or of the body, such that net/http still reads the request and that the
// query does not mean the same as before.
func (d *dialogue) change(wire []byte, start int) (changed []byte, r *http.Request, body []byte) {
	end := start + bytes.IndexByte(wire[start:], ' ')
	bodyStart := bytes.Index(wire, []byte("\r\n\r\n")) + 4
	for {
		i := start + d.IntN(end-start)
		if bodyStart < len(wire) && d.IntN(4) == 0 {
			i = bodyStart + d.IntN(len(wire)-bodyStart)
		}
		changed = bytes.Clone(wire)
		changed[i] = alphabet[d.IntN(len(alphabet))]
		if changed[i] == wire[i] || i < end && sameQuery(wire[start:end], changed[start:end]) {
			continue
		}
		r, body, err := parse(changed)
		if err == nil {
			return changed, r, body
		}
	}
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~@=:+"

// sameQuery tells whether two targets have one path and equal queries.
func sameQuery(a, b []byte) bool {
	pathA, queryA, _ := strings.Cut(string(a), "?")
	pathB, queryB, _ := strings.Cut(string(b), "?")
	valuesA, _ := url.ParseQuery(queryA)
	valuesB, _ := url.ParseQuery(queryB)
	return pathA == pathB && valuesA.Encode() == valuesB.Encode()
}

func (d *dialogue) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(d.IntN(256))
	}
	return out
}

// text returns characters that need care in a URL.
func (d *dialogue) text(n int) string {
	const set = "abzAZ09-._~ /@=&?+%:;,!$'()*#é€"
	runes := []rune(set)
	out := make([]rune, n)
	for i := range out {
		out[i] = runes[d.IntN(len(runes))]
	}
	return string(out)
}

func (d *dialogue) value() string {
	return strings.Join(strings.Fields(d.text(d.IntN(20))+"v"), strings.Repeat(" ", 1+d.IntN(3)))
}

func receive(t *testing.T, wire []byte) (*http.Request, []byte) {
	t.Helper()
	r, body, err := parse(wire)
	if err != nil {
		t.Fatalf("%v\n%s", err, wire)
	}
	return r, body
}

// parse reads a request as a server does.
func parse(wire []byte) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}
