package console

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gangway/internal/sigv4"
)

const (
	cookieName  = "gangway-console"
	maxSignIn   = 16 << 10 // bytes: a session token has some 1000
	bodyTimeout = 30 * time.Second

	// quiet is the parameter of a page that asks whether anybody is signed in, and would not have the browser complain that nobody is.
	quiet = "quiet"
)

// shown is an access key as somebody types it.
type shown struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
}

// profile is what pages are told of who is signed in.
type profile struct {
	AccessKeyID string    `json:"accessKeyId"`
	ARN         string    `json:"arn"`
	User        string    `json:"user"`
	Account     string    `json:"account"`
	Region      string    `json:"region"`
	DataURL     string    `json:"dataUrl"`
	Version     string    `json:"version"`
	Expires     time.Time `json:"expires"`
	// Token is what pages have to show with every request, besides the cookie. It is told once.
	Token string `json:"token,omitempty"`
}

// serveSession signs in, says who is signed in, and signs out.
func (c *Console) serveSession(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	if err := checkSource(r); err != nil {
		return err
	}
	switch r.Method {
	case http.MethodPost:
		return c.signIn(w, r)
	case http.MethodGet:
		s, key, err := c.admit(r, r.Header.Get(fieldName))
		if err != nil && r.URL.Query().Has(quiet) {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		if err != nil {
			return err
		}
		return c.welcome(w, s, key, "")
	case http.MethodDelete:
		c.leave(r)
		http.SetCookie(w, cookie("", -1))
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return refuse(http.StatusMethodNotAllowed, "Method not allowed", "Allow", "DELETE, GET, POST")
	}
}

// signIn starts a session for who knows the secret of a key.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) error {
	if !isSecure(originOf(r)) { // checkSource has found one
		return refuse(http.StatusForbidden, "This connection is not encrypted, so the session would not be safe and the browser would not "+
			"keep it: put TLS in front of the admin listener, or come by way of an SSH tunnel (ssh -L 8081:localhost:8081 ...) to "+
			"http://localhost:8081/console/")
	}
	var typed shown
	text, err := readBody(w, r, maxSignIn)
	if err != nil {
		return err
	}
	if json.Unmarshal(text, &typed) != nil { // whose text could have the secret in it
		return refuse(http.StatusBadRequest, "Expected JSON with accessKeyId and secretAccessKey")
	}
	key, ok := c.verify(&typed)
	if !ok {
		return c.turnAway(r)
	}
	c.leave(r)
	p, s, ok := c.sessions.start(key) //nolint:contextcheck // a session outlives the request that it begins with
	if !ok {
		return refuse(http.StatusServiceUnavailable, "The node is stopping")
	}
	c.cfg.Log.InfoContext(r.Context(), "signed in to the console", "accessKeyId", key.ID, "from", r.RemoteAddr)
	http.SetCookie(w, cookie(p.cookie, 0))
	return c.welcome(w, s, key, p.token)
}

// verify finds the key that somebody has typed. It takes as long for an id that there is not.
func (c *Console) verify(typed *shown) (key sigv4.Key, ok bool) {
	key, known := c.cfg.Callers.Key(typed.AccessKeyID)
	right := proofOf(key.Secret, key.SessionToken).equals(proofOf(typed.SecretAccessKey, typed.SessionToken))
	good := key.Expires.IsZero() || c.cfg.Now().Before(key.Expires)
	return key, known && right && good && key.Secret != ""
}

// turnAway counts a failure. What was typed is neither logged nor shown: it may be a secret in the wrong place.
func (c *Console) turnAway(r *http.Request) error {
	if wait := c.failures.note(r.RemoteAddr); wait > 0 {
		seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		return refuse(http.StatusTooManyRequests, "Too many failures from this address: the next wrong key is answered in "+seconds+" s",
			"Retry-After", seconds)
	}
	c.cfg.Log.WarnContext(r.Context(), "signing in to the console has failed", "from", r.RemoteAddr)
	return refuse(http.StatusUnauthorized, "There is no such access key, or its secret or session token is another one, or it has expired")
}

// welcome tells a page who is signed in; and by what it proves that from now on, if it is new to it.
func (c *Console) welcome(w http.ResponseWriter, s *session, key sigv4.Key, token string) error {
	caller, ok := c.cfg.Callers.Caller(key.ID)
	if !ok {
		return errNobody
	}
	tell(w, http.StatusOK, profile{
		AccessKeyID: key.ID, ARN: caller.ARN, User: userOf(caller.ARN), Account: c.cfg.Account, Region: c.cfg.Region,
		DataURL: c.cfg.DataURL, Version: c.cfg.Version, Expires: c.sessions.expiry(s, key).UTC(), Token: token,
	})
	return nil
}

// userOf is what an ARN of a caller ends in: "root", or the name of a credential.
func userOf(arn string) string {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	return strings.TrimPrefix(name, "user/")
}

// cookie is how a browser is told of a session; less than 0: that there is none any more.
func cookie(id string, age int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: id, MaxAge: age, Path: root + "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
	}
}

// badgesOf are what a browser shows for a session that a page of ours has a token of. There is more than one cookie if another program
// on its machine has set some of that name: ports do not keep cookies apart (RFC 6265 section 8.5), nor from each other's programs.
// Which of them counts is for the token to say, which the pages of an origin, with its port, have to themselves.
func badgesOf(r *http.Request, token string) iter.Seq[badge] {
	return func(yield func(badge) bool) {
		for _, cookie := range r.CookiesNamed(cookieName) {
			if !yield(badge{cookie.Value, token}) {
				return
			}
		}
	}
}

// admit is the session of a request that was found to come from a page of ours.
func (c *Console) admit(r *http.Request, token string) (*session, sigv4.Key, error) {
	for p := range badgesOf(r, token) {
		if s, key, ok := c.sessions.find(p, r.Header.Get(backgroundField) == ""); ok {
			return s, key, nil
		}
	}
	return nil, sigv4.Key{}, errNobody
}

// leave ends the session of a request, if it has one.
func (c *Console) leave(r *http.Request) {
	for p := range badgesOf(r, r.Header.Get(fieldName)) {
		c.sessions.finish(p)
	}
}

// readBody reads what a page sends.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // if it fails, so will the reading
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	_ = control.SetReadDeadline(time.Time{}) // the answer may take longer
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(http.StatusRequestEntityTooLarge, "The request is too long: expected at most "+strconv.FormatInt(most, 10)+" bytes")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The request cannot be read")
	}
	return body, nil
}
