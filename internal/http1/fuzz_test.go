package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gangway/internal/http1"
)

const most = 10240

// FuzzRequest holds the reading of heads to two rules: how the bytes were split changes nothing, and what we take, net/http
// takes as well and understands in the same way.
func FuzzRequest(f *testing.F) {
	for _, c := range heads {
		f.Add([]byte(c.text), uint16(7))
	}
	for _, c := range smuggling() {
		f.Add([]byte(c.text), uint16(len(c.text)/2))
	}
	f.Fuzz(func(t *testing.T, data []byte, split uint16) {
		whole, length, status := http1.ReadHead(most, data)
		at := min(int(split), len(data))
		inTwo, length2, status2 := http1.ReadHead(most, data[:at], data[at:])
		if length != length2 || status != status2 {
			t.Errorf("whole: %d, %d; split at %d: %d, %d", length, status, at, length2, status2)
		}
		if len(data) <= 512 {
			_, length2, status2 = http1.ReadHead(most, slices.Collect(slices.Chunk(data, 1))...)
			if length != length2 || status != status2 {
				t.Errorf("whole: %d, %d; byte by byte: %d, %d", length, status, length2, status2)
			}
		}
		if whole == nil {
			return
		}
		if inTwo.RequestURI != whole.RequestURI || !maps.EqualFunc(inTwo.Header, whole.Header, slices.Equal[[]string]) {
			t.Errorf("got %v, or %v", whole, inTwo)
		}
		compare(t, data[:length], whole)
	})
}

// compare has net/http read the same head.
func compare(t *testing.T, data []byte, got *http.Request) {
	t.Helper()
	want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\r\n")))))
	if err != nil {
		t.Fatalf("net/http refuses %q: %v", data, err)
	}
	delete(want.Header, "Host") // net/http's server deletes it
	if !slices.Equal(got.Header["Pragma"], nil) && len(got.Header["Cache-Control"]) == 0 {
		delete(want.Header, "Cache-Control") // which it has made of Pragma
	}
	switch {
	case got.Method != want.Method, got.RequestURI != want.RequestURI, *got.URL != *want.URL, got.Host != want.Host,
		got.Proto != want.Proto, got.ProtoMajor != want.ProtoMajor, got.ProtoMinor != want.ProtoMinor:
		t.Errorf("got %+v, want %+v", got, want)
	case got.ContentLength != want.ContentLength, !slices.Equal(got.TransferEncoding, want.TransferEncoding):
		t.Errorf("framing: got %d %v, want %d %v", got.ContentLength, got.TransferEncoding, want.ContentLength, want.TransferEncoding)
	case want.Close && !got.Close:
		t.Errorf("net/http closes")
	case !maps.EqualFunc(got.Header, want.Header, slices.Equal[[]string]):
		t.Errorf("header: got %q, want %q", got.Header, want.Header)
	}
}

// FuzzChunks does the same with bodies in chunks.
func FuzzChunks(f *testing.F) {
	for _, c := range smuggling() {
		if _, body, ok := strings.Cut(c.text, "Transfer-Encoding: chunked\r\n\r\n"); ok {
			f.Add([]byte(body+forbidden), uint16(5))
		}
	}
	f.Add([]byte("5;a=b;c=\"d\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET"), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, split uint16) {
		at := min(int(split), len(data))
		got, behind, err := http1.ReadBody(slices.Clone(data))
		for _, pieces := range [][][]byte{
			{slices.Clone(data[:at]), slices.Clone(data[at:])}, slices.Collect(slices.Chunk(slices.Clone(data[:min(len(data), 2000)]), 1)),
		} {
			if len(pieces) != 2 && len(data) > 2000 {
				continue
			}
			got2, behind2, err2 := http1.ReadBody(pieces...)
			if !bytes.Equal(got, got2) || (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(behind, behind2) {
				t.Errorf("got %q, %q, %v; in %d pieces %q, %q, %v", got, behind, err, len(pieces), got2, behind2, err2)
			}
		}
		if err != nil {
			return
		}
		r := bufio.NewReaderSize(io.MultiReader(strings.NewReader(post("/", "Transfer-Encoding: chunked", "")), bytes.NewReader(data)), 128<<10)
		request, err := http.ReadRequest(r)
		must(t, err)
		want, err := io.ReadAll(request.Body)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %q; net/http got %q, %v", got, want, err)
		}
		if rest, err := io.ReadAll(r); err != nil || !bytes.Equal(behind, rest) {
			t.Errorf("behind it: got %q; net/http got %q, %v", behind, rest, err)
		}
	})
}
