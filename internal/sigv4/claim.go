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
	credential           string // the id of the key, and scope
	keyID, scope         string // the parts of credential; scope is what the key was made for
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

// find finds the one signature a request carries and takes it apart.
func (c *claim) find(r *http.Request, query []param) error {
	auth := r.Header["Authorization"]
	for _, p := range query {
		c.presigned = c.presigned || p.name == queryAlgorithm || p.name == queryCredential || p.name == querySignature
	}
	switch {
	case len(auth) > 0 && c.presigned:
		return badRequest("Only one of the Authorization header and the query string may carry a signature.")
	case len(auth) > 1:
		return incomplete("The Authorization header must appear only once.")
	case c.presigned:
		return c.readQuery(r, query)
	case len(auth) == 1 && auth[0] != "":
		return c.readHeader(r, auth[0])
	}
	return missingToken()
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
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			return incomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "+
				"and encoded with Base64): '%s'.", conceal(strings.TrimSpace(pair)))
		}
		field := c.part(name)
		if field == nil {
			continue
		}
		if *field != "" {
			return incomplete("Authorization header has more than one '%s' parameter.", name)
		}
		*field = value
	}
	date, where := headerDate(r.Header)
	if c.credential == "" || c.signed == "" || c.signature == "" || date == "" {
		return incompleteHeader(auth, c.credential, c.signature, c.signed, date)
	}
	c.tokens = r.Header["X-Amz-Security-Token"]
	if err := c.readDate(date); err != nil {
		return err
	}
	if !lists(c.signed, where) {
		return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", where)
	}
	return c.readCredential()
}

// part is where the value of a parameter of the Authorization header goes; nil: nowhere.
func (c *claim) part(name string) *string {
	switch name {
	case "Credential":
		return &c.credential
	case "SignedHeaders":
		return &c.signed
	case "Signature":
		return &c.signature
	}
	return nil
}

// headerDate returns the date of a request and the header it stands in. Repeated headers give a date that no reader accepts.
func headerDate(h http.Header) (date, name string) {
	if values := h["X-Amz-Date"]; len(values) > 0 {
		return strings.Join(values, ","), "x-amz-date"
	}
	return strings.Join(h["Date"], ","), "date"
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
	var scheme, date, expires, token string
	fields := map[string]*string{
		queryAlgorithm: &scheme, queryCredential: &c.credential, queryDate: &date, queryExpires: &expires,
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
	c.tokens = r.Header["X-Amz-Security-Token"]
	if token != "" {
		c.tokens = append([]string{token}, c.tokens...)
	}
	if err := c.readExpires(expires); err != nil {
		return err
	}
	if err := c.readDate(date); err != nil {
		return err
	}
	return c.readCredential()
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

// readDate reads the basic format of ISO 8601 and, because a Date header has it, the format of HTTP.
func (c *claim) readDate(s string) error {
	at, ok := parseBasic(s)
	if !ok {
		var err error
		if at, err = http.ParseTime(s); err != nil {
			return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s)
		}
		s = at.UTC().Format(dateFormat)
	}
	c.at, c.date = at, s
	return nil
}

// parseBasic is time.Parse for dateFormat and for nothing else: it takes no fractions of a second.
func parseBasic(s string) (at time.Time, ok bool) {
	if len(s) != len(dateFormat) || s[8] != 'T' || s[15] != 'Z' {
		return at, false
	}
	var bad byte // beyond 9 once any character was no digit
	pair := func(i int) int {
		tens, ones := s[i]-'0', s[i+1]-'0'
		bad = max(bad, tens, ones)
		return int(tens)*10 + int(ones)
	}
	year, month, day := pair(0)*100+pair(2), time.Month(pair(4)), pair(6)
	hour, minute, second := pair(9), pair(11), pair(13)
	at = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// A day that the month does not have has become one of another month.
	return at, bad <= 9 && hour < 24 && minute < 60 && second < 60 && at.Month() == month
}

// readCredential takes the credential apart.
func (c *claim) readCredential() error {
	var end string
	c.keyID, c.scope, _ = strings.Cut(c.credential, "/")
	c.day, end, _ = strings.Cut(c.scope, "/")
	c.region, end, _ = strings.Cut(end, "/")
	c.service, c.end, _ = strings.Cut(end, "/")
	if strings.Count(c.scope, "/") != 3 {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"+
			" got '%s'", c.credential)
	}
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
