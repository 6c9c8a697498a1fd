package sigv4

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A claim is what a request says of its own signature; nothing in it is proved.
type claim struct {
	keyID, scope         string // the credential: the id of the key, and what the key was made for
	day, region, service string // the parts of scope
	end                  string
	signed               string // names of the signed headers
	signature            string // in hex
	date                 string // as it stands in the string to sign
	at                   time.Time
	tokens               []string      // session tokens, at most one if all is well
	presigned            bool          // signed in the query
	expires              time.Duration // of a presigned request; zero if it does not say
}

const maxExpires = 7 * 24 * time.Hour

// Names of the query parameters that carry a signature.
const (
	queryAlgorithm  = "X-Amz-Algorithm"
	queryCredential = "X-Amz-Credential"
	queryDate       = "X-Amz-Date"
	queryExpires    = "X-Amz-Expires"
	queryToken      = "X-Amz-Security-Token"
	querySigned     = "X-Amz-SignedHeaders"
	querySignature  = "X-Amz-Signature"
)

// readClaim finds the one signature a request carries and takes it apart.
func readClaim(r *http.Request, query []param) (c claim, err error) {
	auth := r.Header["Authorization"]
	for _, p := range query {
		c.presigned = c.presigned || p.name == queryAlgorithm || p.name == queryCredential || p.name == querySignature
	}
	switch {
	case len(auth) > 0 && c.presigned:
		return c, badRequest("Only one of the Authorization header and the query string may carry a signature.")
	case len(auth) > 1:
		return c, incomplete("The Authorization header must appear only once.")
	case c.presigned:
		return c, c.readQuery(r, query)
	case len(auth) == 1 && auth[0] != "":
		return c, c.readHeader(r, auth[0])
	}
	return c, missingToken()
}

// readHeader reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func (c *claim) readHeader(r *http.Request, auth string) error {
	scheme, list, _ := strings.Cut(auth, " ")
	if strings.HasPrefix(scheme, "AWS4-") && scheme != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '%s'.", scheme)
	}
	if scheme != algorithm {
		list = auth
	}
	var credential string
	fields := map[string]*string{"Credential": &credential, "SignedHeaders": &c.signed, "Signature": &c.signature}
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			return incomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "+
				"and encoded with Base64): '%s'.", conceal(strings.TrimSpace(pair)))
		}
		field := fields[name]
		if field == nil {
			continue
		}
		if *field != "" {
			return incomplete("Authorization header has more than one '%s' parameter.", name)
		}
		*field = value
	}
	date, where := headerDate(r.Header)
	if credential == "" || c.signed == "" || c.signature == "" || date == "" {
		return incompleteHeader(auth, credential, c.signature, c.signed, date)
	}
	c.tokens = headerValues(r.Header, "x-amz-security-token")
	if err := c.readDate(date); err != nil {
		return err
	}
	if !lists(c.signed, where) {
		return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", where)
	}
	return c.readCredential(credential)
}

// headerDate returns the date of a request and the header it stands in. Repeated headers give a date that no reader accepts.
func headerDate(h http.Header) (date, name string) {
	for _, name = range []string{"x-amz-date", "date"} {
		if values := headerValues(h, name); len(values) > 0 {
			return strings.Join(values, ","), name
		}
	}
	return "", name
}

func incompleteHeader(auth, credential, signature, signed, date string) *Error {
	var b strings.Builder
	for _, part := range []struct{ name, value string }{
		{"Credential", credential}, {"Signature", signature}, {"SignedHeaders", signed},
	} {
		if part.value == "" {
			b.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if date == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	b.WriteString("(Hashed with SHA-256 and encoded with Base64) Authorization=" + conceal(auth))
	return incomplete("%s", b.String())
}

// readQuery reads the parameters of a presigned URL. Their names are compared exactly, as AWS does.
func (c *claim) readQuery(r *http.Request, query []param) error {
	var scheme, credential, date, expires, token string
	fields := map[string]*string{
		queryAlgorithm: &scheme, queryCredential: &credential, queryDate: &date, queryExpires: &expires,
		queryToken: &token, querySigned: &c.signed, querySignature: &c.signature,
	}
	for _, p := range query {
		field := fields[p.name]
		if field == nil {
			continue
		}
		value, err := url.PathUnescape(p.value)
		if err != nil || value == "" || *field != "" {
			return incomplete("AWS query-string parameter '%s' must appear once and have a value.", p.name)
		}
		*field = value
	}
	var missing strings.Builder
	for _, name := range []string{queryAlgorithm, queryCredential, querySignature, querySigned, queryDate} {
		if *fields[name] == "" {
			missing.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	if missing.Len() > 0 {
		return incomplete("%sRe-examine the query-string parameters.", missing.String())
	}
	if scheme != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '%s'.", scheme)
	}
	c.tokens = headerValues(r.Header, "x-amz-security-token")
	if token != "" {
		c.tokens = append([]string{token}, c.tokens...)
	}
	if err := c.readExpires(expires); err != nil {
		return err
	}
	if err := c.readDate(date); err != nil {
		return err
	}
	return c.readCredential(credential)
}

// readExpires accepts its absence: common browser signers leave it out for all services but S3.
func (c *claim) readExpires(s string) error {
	if s == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return incomplete("X-Amz-Expires should be a number")
	}
	c.expires = time.Duration(seconds) * time.Second
	if c.expires < time.Second || c.expires > maxExpires {
		return incomplete("X-Amz-Expires must be from 1 to 604800 seconds")
	}
	return nil
}

// readDate reads the basic format of ISO 8601 and, because a Date header has it, the format of HTTP. The length is
// checked because time.Parse also takes fractions of a second.
func (c *claim) readDate(s string) error {
	at, err := time.Parse(dateFormat, s)
	if err != nil || len(s) != len(dateFormat) {
		if at, err = http.ParseTime(s); err != nil {
			return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s)
		}
		s = at.UTC().Format(dateFormat)
	}
	c.at, c.date = at, s
	return nil
}

func (c *claim) readCredential(s string) error {
	id, scope, _ := strings.Cut(s, "/")
	parts := strings.SplitN(scope, "/", 5)
	if len(parts) != 4 {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"+
			" got '%s'", s)
	}
	c.keyID, c.scope = id, scope
	c.day, c.region, c.service, c.end = parts[0], parts[1], parts[2], parts[3]
	return nil
}

// lists tells whether a name stands in a list joined by semicolons.
func lists(list, name string) bool {
	for item := range strings.SplitSeq(list, ";") {
		if item == name {
			return true
		}
	}
	return false
}
