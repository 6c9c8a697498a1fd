package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sign signs a request in its Authorization header. It sets the date and, for a temporary key, the session token, and signs
// the headers that are there, except those that proxies and clients change. It must come last before sending.
func Sign(r *http.Request, body []byte, k Key, region, service string, now time.Time) {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	date := now.UTC().Format(dateFormat)
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", date)
	r.Header.Del("X-Amz-Security-Token")
	if k.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", k.SessionToken)
	}
	names := []string{"host"}
	if size := int64(len(body)); size > 0 && r.ContentLength == size {
		names = append(names, "content-length")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); signable(name) {
			names = append(names, name)
		}
	}
	scope := scopeOf(date, region, service)
	signed, signature := sign(r, names, payloadHash(body), k, date, scope)
	r.Header.Set("Authorization", algorithm+" Credential="+k.ID+"/"+scope+", SignedHeaders="+signed+", Signature="+signature)
}

// Presign signs a request without a body in its query, for clients that cannot set headers, as browsers that open a
// WebSocket. It signs Host and whatever x-amz-* headers there are. The signature is good for the given time, up to seven days.
func Presign(r *http.Request, k Key, region, service string, expires time.Duration, now time.Time) {
	date := now.UTC().Format(dateFormat)
	scope := scopeOf(date, region, service)
	names := []string{"host"}
	for name := range r.Header {
		if mustSign(name) {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	query := []string{
		queryAlgorithm, algorithm,
		queryCredential, k.ID + "/" + scope,
		queryDate, date,
		queryExpires, strconv.FormatInt(int64(expires/time.Second), 10),
		querySigned, strings.Join(names, ";"),
	}
	if k.SessionToken != "" {
		query = append(query, queryToken, k.SessionToken)
	}
	r.URL.RawQuery = withoutSignature(r.URL.RawQuery)
	for i := 0; i < len(query); i += 2 {
		addParam(r.URL, query[i], query[i+1])
	}
	_, signature := sign(r, names, payloadHash(nil), k, date, scope)
	addParam(r.URL, querySignature, signature)
}

// sign returns the list of signed headers and the signature.
func sign(r *http.Request, names []string, payload string, k Key, date, scope string) (signed, signature string) {
	slices.Sort(names)
	signed = strings.Join(names, ";")
	if r.RequestURI == "" {
		// url.Values writes spaces as plus signs, which verifiers do not take for spaces.
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "+", "%20")
	}
	path, rawQuery := target(r)
	query, _ := parseQuery(nil, rawQuery)
	request := canon{method: r.Method, path: path, query: query, signed: signed, payload: []byte(payload)}
	for _, name := range names {
		request.headers, _ = appendHeader(request.headers, r, name)
	}
	parts := strings.Split(scope, "/")
	key := deriveKey(k.Secret, parts[0], parts[1], parts[2])
	d := digester{hash: sha256.New()}
	out := sum(key[:], string(d.appendStringToSign(nil, date, scope, request.append(nil))))
	return signed, hex.EncodeToString(out[:])
}

func scopeOf(date, region, service string) string {
	return date[:dayLength] + "/" + region + "/" + service + "/" + terminator
}

// signable leaves out what is set, changed or dropped between signing and the server.
func signable(name string) bool {
	switch name {
	case "host", "content-length", "authorization", "user-agent", "x-amzn-trace-id", "expect", "transfer-encoding",
		"connection", "upgrade", "keep-alive", "te", "trailer", "accept-encoding":
		return false
	}
	return !strings.HasPrefix(name, "proxy-") && !strings.HasPrefix(name, "sec-")
}

func addParam(u *url.URL, name, value string) {
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += name + "=" + escapeParam(value)
}

func escapeParam(s string) string {
	var dst []byte
	for i := range len(s) {
		if unreserved(s[i]) {
			dst = append(dst, s[i])
		} else {
			dst = appendEscape(dst, s[i])
		}
	}
	return string(dst)
}

// withoutSignature drops what an earlier Presign has added.
func withoutSignature(raw string) string {
	pairs := slices.DeleteFunc(strings.Split(raw, "&"), func(pair string) bool {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case queryAlgorithm, queryCredential, queryDate, queryExpires, queryToken, querySigned, querySignature:
			return true
		}
		return false
	})
	return strings.Join(pairs, "&")
}

func payloadHash(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}
