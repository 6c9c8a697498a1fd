package sigv4_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// FuzzSigned signs any request a client can make and wants it accepted. Then it changes one signed thing and wants it
// refused, unless the change is of a byte of the query and that reads the same as before.
func FuzzSigned(f *testing.F) {
	f.Add("POST", "prod/@connections/a=", "b=x%20y&a=1", "value", "hello", uint(3), true)
	f.Add("GET", "prod/%41", "a&a=&a=%2f;+", " a \t b", "", uint(40), false)
	f.Fuzz(func(t *testing.T, method, path, query, value, body string, pos uint, presigned bool) {
		u, err := url.ParseRequestURI("/" + path + "?" + query)
		if err != nil || strings.HasPrefix(path, "/") || !token(method) || hasSignature(u.RawQuery) {
			t.Skip()
		}
		query = u.RawQuery // a question mark in the path begins it
		r := &http.Request{Method: method, URL: u, Header: http.Header{"X-Amz-Meta": {value}}, ContentLength: int64(len(body))}
		r.Host, u.Host = testHost, testHost
		if presigned {
			body, r.ContentLength = "", 0
			sigv4.Presign(r, temporary, testRegion, testService, time.Minute, testTime)
		} else {
			sigv4.Sign(r, []byte(body), permanent, testRegion, testService, testTime)
		}
		r = sent(r)
		_, err = testVerifier().Verify(r, []byte(body))
		if hasBadEscape(query) {
			wantError(t, err, badRequest, "")
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		was := r.RequestURI
		sameMeaning := mutate(r, pos)
		if _, err := testVerifier().Verify(r, []byte(body)); err == nil && !sameMeaning {
			t.Fatalf("accepted: %s %s (was %s) %v", r.Method, r.RequestURI, was, r.Header)
		}
	})
}

// mutate changes the path, the method, the host, the signed header or one byte of the query. It tells whether the request
// still means the same.
func mutate(r *http.Request, pos uint) (sameMeaning bool) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	switch kind, pos := pos%5, int(pos/5%(1<<16)); kind {
	case 0:
		i := 1 + pos%len(path)
		r.RequestURI = path[:i] + "~" + r.RequestURI[i:]
	case 1:
		r.Method += "X"
	case 2:
		r.Host = r.Host[1:]
	case 3:
		r.Header.Set("X-Amz-Meta", r.Header.Get("X-Amz-Meta")+"x")
	default:
		if query == "" {
			return true
		}
		changed := []byte(query)
		changed[pos%len(query)] ^= byte(1) << (pos / len(query) % 8)
		r.RequestURI = path + "?" + string(changed)
		before, _ := url.ParseQuery(query)
		after, _ := url.ParseQuery(string(changed))
		return reflect.DeepEqual(before, after)
	}
	return false
}

// hasSignature tells whether a query has a parameter that makes a signature of its own.
func hasSignature(query string) bool {
	query, err := url.PathUnescape(query)
	return err == nil && strings.Contains(query, "X-Amz-")
}

func token(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return s != ""
}

func hasBadEscape(query string) bool {
	_, err := url.PathUnescape(query)
	return err != nil
}

// FuzzVerify gives the verifier anything at all. It must answer with an *Error, and show nothing but what was sent.
func FuzzVerify(f *testing.F) {
	header := newCall("header", "POST", "/prod", "hello", permanent).request()
	query := newCall("query", "GET", "/prod", "", temporary).request()
	f.Add("POST", header.RequestURI, header.Header.Get("Authorization"), "20240219T071142Z", "one")
	f.Add("GET", query.RequestURI, "", "", "one")
	f.Fuzz(func(t *testing.T, method, target, auth, date, value string) {
		r := serverRequest(method, target, "")
		for name, value := range map[string]string{"Authorization": auth, "X-Amz-Date": date, "X-Amz-Meta": value} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		id, err := testVerifier().Verify(r, nil)
		if err == nil && id.AccessKeyID != permanent.ID && id.AccessKeyID != temporary.ID {
			t.Fatalf("accepted %+v", id)
		}
		if err == nil {
			return
		}
		if strings.Contains(err.Error(), permanent.Secret) {
			t.Fatal("an error shows a secret")
		}
	})
}

// FuzzCanonical compares canonical requests with those of the plain implementation, for any path, query and header.
func FuzzCanonical(f *testing.F) {
	f.Add("/prod/@connections/a%3D", "b=x%20y&a=1", " a  b ")
	f.Add("//a/../b", "a=%2f&a=%2F&=&é", "\t")
	f.Fuzz(func(t *testing.T, path, query, value string) {
		if strings.Contains(path, "?") || strings.ContainsAny(query, "+;") || strings.Contains("&"+query+"&", "&&") ||
			hasBadEscape(query) || hasSignature(query) || !ascii(value) {
			t.Skip()
		}
		for _, form := range []string{"header", "query"} {
			c := newCall(form, "GET", "/"+path, "", permanent)
			c.query = query
			c.header.Set("X-Amz-Meta", value)
			if _, err := testVerifier().Verify(c.request(), nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// ascii leaves out the white space of Unicode, which only one of the two folds.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
