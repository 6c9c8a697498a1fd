package gateway

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// optionPrefix begins the keys of tags that ask for what API Gateway does not have.
const optionPrefix = "gangway:"

// Options are what an API or a stage asks for beyond API Gateway, by tags: API Gateway keeps tags and does nothing with them,
// so that one template serves both. The zero value is API Gateway.
type Options struct {
	AllowedOrigins []string // of handshakes with an Origin; nil: all. One that begins with a dot stands for all hosts below
	JWT            *JWTOptions
	Binary         bool // clients may send binary messages
	Compression    bool // permessage-deflate, where the client offers it
	Ordered        bool // a connection's messages are dealt with one after the other

	// Limits of connections in place of the node's; zero: the node's.
	IdleTimeout, MaxDuration time.Duration
	MaxFrame, MaxMessage     int
}

// JWTOptions ask for a JSON Web Token of whoever connects.
type JWTOptions struct {
	Issuer   string
	Audience []string
	// Sources say where the token may be: route.request.{header|querystring|subprotocol}.{name}.
	Sources []string
	JWKSURI string // of the issuer's keys; empty: the issuer says where
	Scopes  []string
}

// option is a tag that is understood: how its value is read.
type option struct {
	read func(o *Options, value string) error
}

// options are all tags that are understood, by what follows the prefix. Values have no more characters than a tag of AWS may
// have: letters, digits, spaces and + - = . _ : / @.
var options = map[string]option{
	"allowed-origins": {readOrigins},
	"binary":          {flag(func(o *Options) *bool { return &o.Binary })},
	"compression":     {flag(func(o *Options) *bool { return &o.Compression })},
	"ordered":         {flag(func(o *Options) *bool { return &o.Ordered })},
	"idle-timeout":    {span(func(o *Options) *time.Duration { return &o.IdleTimeout })},
	"max-duration":    {span(func(o *Options) *time.Duration { return &o.MaxDuration })},
	"max-frame":       {size(func(o *Options) *int { return &o.MaxFrame })},
	"max-message":     {size(func(o *Options) *int { return &o.MaxMessage })},
	"jwt-issuer":      {token(func(j *JWTOptions, value string) error { j.Issuer = value; return checkIssuer(value) })},
	"jwt-audience":    {token(func(j *JWTOptions, value string) error { j.Audience = strings.Fields(value); return some(value) })},
	"jwt-sources":     {token(func(j *JWTOptions, value string) error { j.Sources = strings.Fields(value); return some(value) })},
	"jwt-scopes":      {token(func(j *JWTOptions, value string) error { j.Scopes = strings.Fields(value); return some(value) })},
	"jwt-jwks-uri":    {token(func(j *JWTOptions, value string) error { j.JWKSURI = value; return checkIssuer(value) })},
}

// ReadOptions reads the options in tags, those of the API first: each that a stage has takes the place of the API's. A tag
// with the prefix that is not understood is an error of kind [ErrInvalid], for it might have been meant to keep somebody out.
func ReadOptions(all ...map[string]string) (Options, error) {
	var o Options
	for _, tags := range all {
		for _, key := range sortedKeys(tags) {
			name, ours := strings.CutPrefix(key, optionPrefix)
			if !ours {
				continue
			}
			known, ok := options[name]
			if !ok {
				return Options{}, Errorf(ErrInvalid, "Unknown tag '%s'. Those that begin with %s are options: %s",
					key, optionPrefix, strings.Join(sortedKeys(options), ", "))
			}
			if err := known.read(&o, tags[key]); err != nil {
				return Options{}, Errorf(ErrInvalid, "Invalid tag %s: '%.100s'. %s", key, tags[key], err)
			}
		}
	}
	return o, nil
}

// validateOptions says whether the options in tags can be read.
func validateOptions(tags map[string]string) error {
	_, err := ReadOptions(tags)
	return err
}

// plain is a text as an error.
type plain string

func (p plain) Error() string { return string(p) }

func flag(field func(*Options) *bool) func(*Options, string) error {
	return func(o *Options, value string) error {
		if value != "true" && value != "false" {
			return plain("Expected true or false")
		}
		*field(o) = value == "true"
		return nil
	}
}

func span(field func(*Options) *time.Duration) func(*Options, string) error {
	return func(o *Options, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < time.Second {
			return plain("Expected a time of a second or more, such as 30m")
		}
		*field(o) = d
		return nil
	}
}

func size(field func(*Options) *int) func(*Options, string) error {
	const most = 16 << 20
	return func(o *Options, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > most {
			return plain("Expected a number of bytes from 1 to " + strconv.Itoa(most))
		}
		*field(o) = n
		return nil
	}
}

func token(set func(*JWTOptions, string) error) func(*Options, string) error {
	return func(o *Options, value string) error {
		if o.JWT == nil {
			o.JWT = &JWTOptions{}
		}
		return set(o.JWT, value)
	}
}

func some(value string) error {
	if strings.TrimSpace(value) == "" {
		return plain("Expected one or more, separated by spaces")
	}
	return nil
}

func checkIssuer(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Host)) {
		return plain("Expected an https URL, or an http URL of this machine")
	}
	return nil
}

// readOrigins reads origins as browsers send them (RFC 6454 section 7), with host patterns: https://.example.com stands for
// the hosts below example.com.
func readOrigins(o *Options, value string) error {
	o.AllowedOrigins = strings.Fields(strings.ToLower(value))
	wrong := func(origin string) bool {
		u, err := url.Parse(origin)
		return err != nil || u.Host == "" || u.Scheme == "" || u.Path != "" || u.RawQuery != "" || u.User != nil
	}
	if len(o.AllowedOrigins) == 0 || slices.ContainsFunc(o.AllowedOrigins, wrong) {
		return plain("Expected origins such as https://app.example.com, or https://.example.com for all hosts below, separated by spaces")
	}
	return nil
}

// AllowsOrigin says whether a handshake may come from an origin. One without an Origin header comes from no browser, and so
// from no page that could abuse what a browser knows of its user.
func (o *Options) AllowsOrigin(origin string) bool {
	if origin == "" || o.AllowedOrigins == nil {
		return true
	}
	origin = strings.ToLower(origin)
	scheme, host, _ := strings.Cut(origin, "://")
	return slices.ContainsFunc(o.AllowedOrigins, func(allowed string) bool {
		inScheme, pattern, _ := strings.Cut(allowed, "://")
		if !strings.HasPrefix(pattern, ".") {
			return allowed == origin
		}
		return scheme == inScheme && strings.HasSuffix(host, pattern) && len(host) > len(pattern)
	})
}
