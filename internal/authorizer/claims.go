package authorizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// check judges the claims of a token, and says when they end to be true: "Control access to HTTP APIs with JWT authorizers" in
// the developer guide, RFC 7519 section 4.1.
func (j *JWT) check(claims map[string]json.RawMessage) (expires time.Time, err error) {
	if issuer, ok := textOf(claims["iss"]); !ok || issuer != j.cfg.Issuer {
		return expires, fmt.Errorf("the token is of another issuer: %s", quote(issuer))
	}
	if !j.hears(claims) {
		return expires, errors.New("the token is for another audience")
	}
	expires, ok := dateOf(claims["exp"])
	if !ok {
		return expires, errors.New("the token has no date of expiry: exp is missing, or no date")
	}
	now, expires := j.now(), expires.Add(j.cfg.Leeway)
	if !now.Before(expires) {
		return expires, errors.New("the token has expired")
	}
	for _, name := range [...]string{"nbf", "iat"} {
		value, given := claims[name]
		if since, ok := dateOf(value); given && (!ok || now.Add(j.cfg.Leeway).Before(since)) {
			return expires, fmt.Errorf("the token is not valid yet: %s", name)
		}
	}
	return expires, nil
}

// hears says whether a token is for this API.
func (j *JWT) hears(claims map[string]json.RawMessage) bool {
	audience, given := claims["aud"]
	if !given {
		client, ok := textOf(claims["client_id"])
		return ok && slices.Contains(j.cfg.Audience, client)
	}
	names, ok := textsOf(audience)
	return ok && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(j.cfg.Audience, name) })
}

// permits says whether a token has one of the scopes: RFC 8693 section 4.2 has them in one text, others in a list.
func (j *JWT) permits(claims map[string]json.RawMessage) bool {
	if len(j.cfg.Scopes) == 0 {
		return true
	}
	for _, name := range [...]string{"scope", "scp"} {
		lines, _ := textsOf(claims[name])
		for _, line := range lines {
			for scope := range strings.SplitSeq(line, " ") {
				if slices.Contains(j.cfg.Scopes, scope) {
					return true
				}
			}
		}
	}
	return false
}

// dateOf reads a NumericDate, RFC 7519 section 2, up to the year 9999.
func dateOf(value json.RawMessage) (time.Time, bool) {
	const last = 253402300799
	if len(value) == 0 || value[0] < '0' || value[0] > '9' {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds > last {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// claimed are the subject of a token and its claims as values of $context.authorizer, in the order of their names.
func claimed(claims map[string]json.RawMessage) (subject string, values gateway.Params, err error) {
	subject, ok := textOf(claims["sub"])
	if _, given := claims["sub"]; given && (!ok || hasControl(subject)) {
		return "", nil, errors.New("the subject (sub) of the token is no plain text")
	}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if !present(claims[name]) {
			continue
		}
		text, ok := scalarOf(claims[name])
		if !ok {
			var packed bytes.Buffer
			if err := json.Compact(&packed, claims[name]); err != nil {
				return "", nil, fmt.Errorf("the claim %s of the token is no JSON", quote(name))
			}
			text = packed.String()
		}
		if values, err = appendValue(values, name, text); err != nil {
			return "", nil, fmt.Errorf("the claims of the token: %w", err)
		}
	}
	return subject, values, nil
}
