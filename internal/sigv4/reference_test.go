package sigv4_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gangway/internal/sigv4"
)

// A call is a request with all that goes into its signature, each part free to be wrong. It is signed by a second,
// plain implementation of the user guide, so that the verifier is not judged by itself.
type call struct {
	form                            string // "header" or "query"
	method, path, query, host, body string
	header                          http.Header
	key                             sigv4.Key
	algorithm, date, expires        string
	day, region, service, end       string
	signed                          []string
	payload                         string // if not the hash of the body
}

func newCall(form, method, path, body string, key sigv4.Key) *call {
	c := &call{
		form: form, method: method, path: path, query: "b=x%20y&a=1", host: testHost, body: body, key: key,
		header:    http.Header{"X-Amz-Meta": {"one"}, "Content-Type": {"text/plain"}},
		algorithm: "AWS4-HMAC-SHA256", date: testTime.Format("20060102T150405Z"),
		day: testTime.Format("20060102"), region: testRegion, service: testService, end: "aws4_request",
		signed: []string{"content-length", "content-type", "host", "x-amz-meta"},
	}
	if form == "header" {
		c.setHeader("X-Amz-Date", c.date)
		if key.SessionToken != "" {
			c.setHeader("X-Amz-Security-Token", key.SessionToken)
		}
	}
	return c
}

// setHeader sets a header that is signed.
func (c *call) setHeader(name, value string) {
	c.header.Set(name, value)
	c.signed = append(c.signed, strings.ToLower(name))
	slices.Sort(c.signed)
	c.signed = slices.Compact(c.signed)
}

func (c *call) scope() string { return c.day + "/" + c.region + "/" + c.service + "/" + c.end }

// request signs the call and returns it as net/http hands it to a server.
func (c *call) request() *http.Request {
	credential := c.key.ID + "/" + c.scope()
	signed := strings.Join(c.signed, ";")
	target := c.path + "?" + c.query
	if c.form == "query" {
		for _, param := range [][2]string{
			{"Algorithm", c.algorithm},
			{"Credential", credential},
			{"Date", c.date},
			{"SignedHeaders", signed},
			{"Expires", c.expires},
			{"Security-Token", c.key.SessionToken},
		} {
			if param[1] != "" {
				target += "&X-Amz-" + param[0] + "=" + referenceEscape(param[1])
			}
		}
	}
	r := serverRequest(c.method, target, c.body)
	r.Host, r.Header = c.host, c.header.Clone()
	signature := referenceSignature(c.key.Secret, c.toSign(r))
	if c.form == "query" {
		r.RequestURI += "&X-Amz-Signature=" + signature
	} else {
		r.Header.Set("Authorization", c.algorithm+" Credential="+credential+", SignedHeaders="+signed+", Signature="+signature)
	}
	return r
}

func (c *call) toSign(r *http.Request) string {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	var segments, params []string
	for segment := range strings.SplitSeq(path, "/") {
		segments = append(segments, referenceEscape(segment))
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.PathUnescape(name)
		value, _ = url.PathUnescape(value)
		params = append(params, referenceEscape(name)+"\x00"+referenceEscape(value))
	}
	slices.Sort(params)
	payload := c.payload
	if payload == "" {
		payload = referenceHash(c.body)
	}
	lines := []string{
		c.method, strings.Join(segments, "/"), strings.ReplaceAll(strings.Join(params, "&"), "\x00", "="),
	}
	for _, name := range c.signed {
		var values []string
		for _, value := range r.Header.Values(name) {
			values = append(values, strings.Join(strings.Fields(value), " "))
		}
		switch name {
		case "host":
			values = []string{r.Host}
		case "content-length":
			values = []string{strconv.Itoa(len(c.body))}
		}
		lines = append(lines, name+":"+strings.Join(values, ","))
	}
	lines = append(lines, "", strings.Join(c.signed, ";"), payload)
	return strings.Join([]string{"AWS4-HMAC-SHA256", c.date, c.scope(), referenceHash(strings.Join(lines, "\n"))}, "\n")
}

// referenceSignature derives the key of the scope that stands in a string to sign, and signs with it.
func referenceSignature(secret, toSign string) string {
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(strings.Split(toSign, "\n")[2], "/") {
		key = referenceMAC(key, part)
	}
	return hex.EncodeToString(referenceMAC(key, toSign))
}

func referenceMAC(key []byte, data string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(data))
	return mac.Sum(nil)
}

func referenceHash(s string) string {
	hash := sha256.Sum256([]byte(s))
	return hex.EncodeToString(hash[:])
}

func referenceEscape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
