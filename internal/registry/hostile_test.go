package registry_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// TestRequestTag: what a policy is asked about tags is what is stored, however a body is written.
func TestRequestTag(t *testing.T) {
	s := newStand(t, t.TempDir())
	anna := s.credential("anna", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:TagResource"],
		"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"chat"}}}}`)
	body := func(name, tags string) string {
		return tags + strings.TrimPrefix(creation(name, python(t, "one")), "{")
	}
	for i, tags := range []string{
		`{"tags":{"team":"evil"},"Tags":{"team":"chat"},`,
		`{"Tags":{"team":"chat"},"tags":{"team":"evil"},`,
		`{"Tags":{"team":"chat"},"Tags":{"team":"evil"},`,
		`{"Tags":{"team":"evil"},"Tags":{"team":"chat"},`,
		`{"Tags":{"team":"chat"},"\u0054ags":{"team":"evil"},`,
		`{"Tags":{"team":"chat","team":"evil"},`,
		`{"Tags":{"team":"evil","Team":"chat"},`,
		`{"Tags":{"team":"chat"},"FunctionName":"twin",`,
		`{"Tags":{"team":"evil"},`,
		`{"tags":{"team":"chat"},`,
		`{`,
	} {
		got := s.as(anna, "POST", all, body(fmt.Sprint("evil", i), tags))
		if got.status != http.StatusForbidden && got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", tags, got.status, got.body)
		}
	}
	if got := s.as(anna, "POST", all, body("good", `{"Tags":{"team":"chat"},`)); got.status != http.StatusCreated {
		t.Errorf("the right tag: %d %s", got.status, got.body)
	}
	path := "/2017-03-31/tags/" + prefix + "good"
	for text, want := range map[string]int{
		`{"Tags":{"team":"chat"},"tags":{"team":"evil"}}`: 400, `{"Tags":{"team":"evil"}}`: 403, `{"Tags":{"Team":"chat"}}`: 400, `{"Tags":{"team":"chat","b":"c"}}`: 204,
	} {
		if got := s.as(anna, "POST", path, text); got.status != want {
			t.Errorf("%s: %d %s, expected %d", text, got.status, got.body, want)
		}
	}
	if got := s.must(http.StatusOK, "GET", path, ""); string(got.body) != `{"Tags":{"b":"c","team":"chat"}}` {
		t.Errorf("the tags are %s", got.body)
	}
	if list := s.must(http.StatusOK, "GET", all, ""); strings.Contains(string(list.body), "evil") {
		t.Errorf("there are %s", list.body)
	}
}

// TestManyMembers: what nobody can need is refused before it is in memory.
func TestManyMembers(t *testing.T) {
	s := newStand(t, t.TempDir())
	nobody := s.credential("nobody", `{"Version":"2012-10-17","Statement":[]}`)
	var tags, members strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&tags, `,"t%d":"x"`, i)
		fmt.Fprintf(&members, `,"m%d":1`, i)
	}
	for name, text := range map[string]string{
		"tags":    creation("x", nil, "Tags", `{`+tags.String()[1:]+`}`),
		"members": `{` + members.String()[1:] + `}`,
		"a list":  creation("x", nil, "Architectures", `["x86_64"`+strings.Repeat(`,"x86_64"`, 200_000)+`]`),
	} {
		for _, key := range []sigv4.Key{nobody, root} {
			if got := s.as(key, "POST", all, text); got.status != http.StatusBadRequest && got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("many %s: %d %.200s", name, got.status, got.body)
			}
		}
	}
}

// head opens an upload of 60 MB, of which nothing is sent but the head.
func (s *stand) head(key sigv4.Key, method, path string, declared bool) net.Conn {
	s.Helper()
	address := s.server.Listener.Addr().String()
	r, err := http.NewRequestWithContext(s.Context(), method, "http://"+address+path, http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	if declared {
		sum := sha256.Sum256(make([]byte, 60<<20))
		r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	}
	body := make([]byte, 0)
	if declared {
		body = make([]byte, 60<<20)
	}
	sigv4.Sign(r, body, key, region, "lambda", time.Now())
	var dialer net.Dialer
	c, err := dialer.DialContext(s.Context(), "tcp", address)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.Close() })
	r.Header.Set("Content-Length", strconv.Itoa(60<<20))
	_, _ = fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, address)
	_ = r.Header.Write(c)
	_, _ = io.WriteString(c, "\r\n")
	return c
}

func status(t *testing.T, c net.Conn) int {
	t.Helper()
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close() // only its head matters
	return got.StatusCode
}

// TestProved: of who declares what it will send, and has not signed that or may not do it, nothing is read.
func TestProved(t *testing.T) {
	s := newStand(t, t.TempDir())
	nobody := s.credential("nobody", `{"Version":"2012-10-17","Statement":[]}`)
	wrong := root
	wrong.Secret += "x"
	if got := status(t, s.head(wrong, "POST", all, true)); got != http.StatusForbidden {
		t.Errorf("a wrong secret: %d", got)
	}
	if got := status(t, s.head(nobody, "PUT", all+"/echo/code", true)); got != http.StatusForbidden {
		t.Errorf("who may not: %d", got)
	}
}

// TestSlowUploads: who has only an access key id, which is no secret, does not keep others from uploading.
func TestSlowUploads(t *testing.T) {
	s := newStand(t, t.TempDir())
	wrong := root
	wrong.Secret += "x"
	var slow []net.Conn
	for range 4 {
		slow = append(slow, s.head(wrong, "POST", all, false))
	}
	large := stored(t, strings.Repeat("#", 2<<20), 2<<20)
	if got := s.call("POST", all, creation("echo", large)); got.status != http.StatusCreated {
		t.Errorf("beside slow ones: %d %s", got.status, got.body)
	}
	select {
	case got := <-first(slow):
		if got != http.StatusTooManyRequests {
			t.Errorf("a slow one: %d", got)
		}
	case <-time.After(time.Minute):
		t.Error("no slow one has given way")
	}
}

// first tells what is answered to any of some connections.
func first(all []net.Conn) <-chan int {
	got := make(chan int, len(all))
	for _, c := range all {
		go func() {
			if answer, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
				_ = answer.Body.Close() // only its head matters
				got <- answer.StatusCode
			}
		}()
	}
	return got
}
