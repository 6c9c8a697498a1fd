package sigv4_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// A vector is one folder of AWS's suite (awslabs/aws-c-auth, tests/aws-signing-test-suite/v4).
type vector struct {
	dir     string
	context struct {
		Credentials struct {
			ID     string `json:"access_key_id"`
			Secret string `json:"secret_access_key"`
			Token  string `json:"token"`
		} `json:"credentials"`
		Normalize   bool      `json:"normalize"`
		Region      string    `json:"region"`
		Service     string    `json:"service"`
		SignBody    bool      `json:"sign_body"`
		Timestamp   time.Time `json:"timestamp"`
		Expiration  int       `json:"expiration_in_seconds"`
		TokenIsLate bool      `json:"omit_session_token"` // added after signing
	}
}

func readVectors(t *testing.T) []*vector {
	t.Helper()
	root := os.Getenv("GANGWAY_CONFORMANCE")
	if root == "" {
		t.Skip("GANGWAY_CONFORMANCE is not set: 38 vectors of AWS not tried")
	}
	dirs, err := filepath.Glob(filepath.Join(root, "sigv4/tests/aws-signing-test-suite/v4/*"))
	if err != nil || len(dirs) != 38 {
		t.Fatalf("found %d vectors (%v), want 38", len(dirs), err)
	}
	var vectors []*vector
	for _, dir := range dirs {
		v := &vector{dir: dir}
		if err := json.Unmarshal([]byte(v.read(t, "context.json")), &v.context); err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	return vectors
}

func (v *vector) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(v.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (v *vector) key() sigv4.Key {
	c := v.context.Credentials
	return sigv4.Key{ID: c.ID, Secret: c.Secret, SessionToken: c.Token}
}

func (v *vector) verifier(key sigv4.Key) *sigv4.Verifier {
	return verifierOf(v.context.Region, v.context.Service, v.context.Timestamp, key)
}

// request reads a message of the suite, which net/http would not take: some targets have spaces. The server we stand
// for does not normalise paths; a client that does sends the path it signed, so this client does it here.
func (v *vector) request(t *testing.T, name string) (r *http.Request, body string) {
	t.Helper()
	head, body, _ := strings.Cut(v.read(t, name), "\n\n")
	lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
	method, rest, _ := strings.Cut(lines[0], " ")
	uri := strings.TrimSuffix(rest, " HTTP/1.1")
	if v.context.Normalize {
		uri = normalize(uri)
	}
	r = &http.Request{Method: method, RequestURI: uri, URL: &url.URL{}, Header: http.Header{}}
	last := ""
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") {
			values := r.Header[last]
			values[len(values)-1] += "\n" + line
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		last = http.CanonicalHeaderKey(key)
		r.Header[last] = append(r.Header[last], value)
	}
	body = strings.TrimRight(body, "\n")
	r.Host = r.Header.Get("Host")
	r.ContentLength = int64(len(body))
	r.Header.Del("Host")
	r.Header.Del("Content-Length")
	return r, body
}

func normalize(uri string) string {
	p, query, found := strings.Cut(uri, "?")
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	if found {
		clean += "?" + query
	}
	return clean
}

func TestVectorsVerify(t *testing.T) {
	for _, v := range readVectors(t) {
		for _, form := range []string{"header", "query"} {
			t.Run(filepath.Base(v.dir)+"/"+form, func(t *testing.T) { v.checkVerify(t, form) })
		}
	}
}

func (v *vector) checkVerify(t *testing.T, form string) {
	t.Helper()
	key := v.key()
	r, body := v.request(t, form+"-signed-request.txt")
	if v.context.TokenIsLate {
		v.checkLateToken(t, r, form)
		key.SessionToken = ""
		r.Header.Del("X-Amz-Security-Token")
		r.RequestURI = dropParam(r.RequestURI, "X-Amz-Security-Token")
	}
	id, err := v.verifier(key).Verify(r, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	signature := v.read(t, form+"-signature.txt")
	if id.Signature != signature || id.AccessKeyID != key.ID || id.Presigned != (form == "query") ||
		!id.SignedAt.Equal(v.context.Timestamp) {
		t.Errorf("identity %+v, want signature %s of %s", id, signature, key.ID)
	}

	// With another signature the answer shows the strings the suite has.
	other := strings.Repeat("0", len(signature))
	r.RequestURI = strings.Replace(r.RequestURI, signature, other, 1)
	if auth := r.Header.Get("Authorization"); auth != "" {
		r.Header.Set("Authorization", strings.Replace(auth, signature, other, 1))
	}
	_, err = v.verifier(key).Verify(r, []byte(body))
	wantError(t, err, "InvalidSignatureException", mismatchText(v.read(t, form+"-canonical-request.txt"),
		v.read(t, form+"-string-to-sign.txt")))
}

// checkLateToken tries a session token that was added after signing: good in the query, but a header must be signed.
func (v *vector) checkLateToken(t *testing.T, r *http.Request, form string) {
	t.Helper()
	_, err := v.verifier(v.key()).Verify(r, nil)
	if form == "query" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	wantError(t, err, "InvalidSignatureException", "There were headers present in the request which were not signed")
}

func TestVectorsSign(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(filepath.Base(v.dir), func(t *testing.T) {
			key := v.key()
			if v.context.TokenIsLate {
				key.SessionToken = ""
			}
			r, body := v.request(t, "request.txt")
			signed, _ := v.request(t, "header-signed-request.txt")
			if v.context.SignBody {
				r.Header.Set("X-Amz-Content-Sha256", signed.Header.Get("X-Amz-Content-Sha256"))
			}
			sigv4.Sign(r, []byte(body), key, v.context.Region, v.context.Service, v.context.Timestamp)
			if got, want := r.Header.Get("Authorization"), signed.Header.Get("Authorization"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestVectorsPresign tries the requests that have no headers beside Host: Presign signs no others, while the suite does.
func TestVectorsPresign(t *testing.T) {
	tried := 0
	for _, v := range readVectors(t) {
		r, _ := v.request(t, "request.txt")
		if len(r.Header) > 0 || v.context.TokenIsLate {
			continue
		}
		tried++
		t.Run(filepath.Base(v.dir), func(t *testing.T) {
			host := r.Host
			r = clientRequest(r.Method, r.RequestURI)
			r.Host = host
			sigv4.Presign(r, v.key(), v.context.Region, v.context.Service, time.Duration(v.context.Expiration)*time.Second,
				v.context.Timestamp)
			if got, want := r.URL.Query().Get("X-Amz-Signature"), v.read(t, "query-signature.txt"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	if tried < 25 {
		t.Errorf("only %d vectors tried", tried)
	}
}

// TestBotocore has signatures that botocore 1.43.11 made for requests to the Management API and for a handshake.
func TestBotocore(t *testing.T) {
	const scope = "/20240219/us-east-1/execute-api/aws4_request"
	for _, tt := range []struct {
		name, method, target, body, auth, sum string
	}{
		{
			"sdk path", "POST", "/prod/@connections/R0oXAdfD0kwCH6w%3D", "hello",
			"ac045baed9a1d29683a95a001a8d047a1d9bcc05c110f27ba51121c39e937ce5",
			"116ee4fcc8861955f5bb09bd6287552ee3a3b00b32a69f7eee01177b6452c79e",
		},
		{
			"escaped at sign", "POST", "/prod/%40connections/R0oXAdfD0kwCH6w%3D", "hello",
			"fb4f6c422e6d8aa7d4ff5e43618b684a81db553f4202008eab16814c480d94c8",
			"1b4ea929600db1945ff108a52b253d703eae4a4eeae3b8a46788f82d04a04d06",
		},
		{
			"handshake", "GET", "/prod", "",
			"a79d75f9b9ad9b928fe89647c7851019a5ce6bd017695c3bb1c168ceb2e7eed2",
			"cf1bc360fb107260861e3d7d753dfff3edfdce6c431cd9856e40b427cf762b67",
		},
		{
			"presigned handshake", "GET", "/prod?room=a%20b&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE" +
				strings.ReplaceAll(scope, "/", "%2F") + "&X-Amz-Date=20240219T071142Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host" +
				"&X-Amz-Signature=6afc33f4bfc987810afc983e38dba34df36f7774b31e2071c67319dbecb217af", "", "",
			"77214bab744ad777b5cf679323ef087732608225e0aeece557228c1b9483bbac",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := serverRequest(tt.method, tt.target, tt.body)
			r.Host = "abcdef1234.execute-api.us-east-1.amazonaws.com"
			if tt.auth != "" {
				r.Header.Set("X-Amz-Date", "20240219T071142Z")
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE"+scope+
					", SignedHeaders=host;x-amz-date, Signature="+tt.auth)
			}
			v := verifierOf("us-east-1", "execute-api", testTime, permanent)
			if _, err := v.Verify(r, []byte(tt.body)); err != nil {
				t.Error(err)
			}
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), tt.auth, "00", 1))
			if tt.auth == "" {
				r.Header.Del("Authorization")
				r.RequestURI = strings.Replace(r.RequestURI, "Signature=6", "Signature=7", 1)
			}
			_, err := v.Verify(r, []byte(tt.body))
			wantError(t, err, "InvalidSignatureException", tt.sum+"'\n")
		})
	}
}
