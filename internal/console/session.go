package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"gangway/internal/access"
	"gangway/internal/sigv4"
)

const (
	idleTime     = 30 * time.Minute // without a request
	lifeTime     = 12 * time.Hour
	mostSessions = 5000
	mostOfKey    = 50 // sessions of one access key
	idLength     = 32 // bytes
)

// digest stands for a secret of which nothing shall be kept or learned by the time that a comparison takes.
type digest [sha256.Size]byte

// proofOf is what somebody shows who knows a key.
func proofOf(secret, token string) digest {
	hash := sha256.New()
	for _, part := range []string{secret, token} {
		sum := sha256.Sum256([]byte(part))
		_, _ = hash.Write(sum[:]) // a hash never fails
	}
	return digest(hash.Sum(nil))
}

func (d digest) equals(other digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

// session is somebody who has signed in.
type session struct {
	keyID  string
	proof  digest // that the key is still the one that was shown
	cookie digest // of the number in the cookie
	born   time.Time

	// whenOver has something done when the session is over, or now if it is, unless it is stopped before.
	whenOver func(f func()) (stop func() bool)
	end      context.CancelFunc

	// The table guards what follows.
	used    time.Time
	bridges int
	over    bool
}

// sessions are all who have signed in. They are safe for concurrent use.
type sessions struct {
	callers *access.Callers
	now     func() time.Time

	mu     sync.Mutex
	open   map[digest]*session // by the digest of the token
	closed bool
}

func newSessions(callers *access.Callers, now func() time.Time) *sessions {
	return &sessions{callers: callers, now: now, open: map[digest]*session{}}
}

// badge is what a browser shows to have a session: a number that it keeps from scripts, and sends to every port of a host, and one
// that only the pages of one origin know.
type badge struct{ cookie, token string }

// isFor says whether a badge is that of a session, which was found by the token.
func (p badge) isFor(s *session) bool {
	return digest(sha256.Sum256([]byte(p.cookie))).equals(s.cookie)
}

// random is a number that nobody can guess.
func random() string {
	var number [idLength]byte
	_, _ = rand.Read(number[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(number[:])
}

// start makes a session of who has shown a key. Not ok: there are to be none any more.
func (t *sessions) start(key sigv4.Key) (p badge, s *session, ok bool) {
	p = badge{random(), random()}
	ctx, cancel := context.WithCancel(context.Background())
	now := t.now()
	s = &session{
		keyID: key.ID, proof: proofOf(key.Secret, key.SessionToken), cookie: sha256.Sum256([]byte(p.cookie)), born: now, used: now, end: cancel,
		whenOver: func(f func()) func() bool { return context.AfterFunc(ctx, f) },
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		cancel()
		return badge{}, nil, false
	}
	t.makeRoom(s)
	t.open[sha256.Sum256([]byte(p.token))] = s
	return p, s, true
}

// makeRoom ends the session that was not used for longest, if there are too many: of the key, or in all. It needs t.mu.
func (t *sessions) makeRoom(next *session) {
	var ofKey, ofAll []digest
	for id, s := range t.open {
		ofAll = append(ofAll, id)
		if s.keyID == next.keyID {
			ofKey = append(ofKey, id)
		}
	}
	age := func(a, b digest) int { return t.open[a].used.Compare(t.open[b].used) }
	switch {
	case len(ofKey) >= mostOfKey:
		t.remove(slices.MinFunc(ofKey, age))
	case len(ofAll) >= mostSessions:
		t.remove(slices.MinFunc(ofAll, age))
	}
}

// remove ends a session. It needs t.mu.
func (t *sessions) remove(id digest) {
	t.open[id].over = true
	t.open[id].end()
	delete(t.open, id)
}

// find is the session of a badge, with the key that it signs with. If it is asked for on behalf of a person, it counts as used.
func (t *sessions) find(p badge, person bool) (s *session, key sigv4.Key, ok bool) {
	name := digest(sha256.Sum256([]byte(p.token)))
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok = t.open[name]
	if !ok || !p.isFor(s) {
		return nil, key, false
	}
	if key, ok = t.key(s); !ok {
		t.remove(name)
		return nil, key, false
	}
	if person {
		s.used = t.now()
	}
	return s, key, true
}

// key is the key of a session, as things stand now. Not ok: the session is over. It needs t.mu.
func (t *sessions) key(s *session) (key sigv4.Key, ok bool) {
	now := t.now()
	key, known := t.callers.Key(s.keyID)
	switch {
	case s.over:
		return key, false
	case !known || !proofOf(key.Secret, key.SessionToken).equals(s.proof):
		return key, false
	case !now.Before(t.expiry(s, key)), now.Sub(s.used) >= idleTime:
		return key, false
	default:
		return key, true
	}
}

// expiry is when a session ends, however much it is used.
func (*sessions) expiry(s *session, key sigv4.Key) time.Time {
	end := s.born.Add(lifeTime)
	if !key.Expires.IsZero() && key.Expires.Before(end) {
		end = key.Expires
	}
	return end
}

// present is the key of a session that was found before, if it is still there.
func (t *sessions) present(s *session) (key sigv4.Key, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.key(s)
}

// use counts a session as used by a person, and says whether it is still there.
func (t *sessions) use(s *session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.key(s)
	if ok {
		s.used = t.now()
	}
	return ok
}

// finish ends the session of a badge, if there is one.
func (t *sessions) finish(p badge) {
	name := digest(sha256.Sum256([]byte(p.token)))
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.open[name]; s != nil && p.isFor(s) {
		t.remove(name)
	}
}

// sweep ends what is over.
func (t *sessions) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, s := range t.open {
		if _, ok := t.key(s); !ok {
			t.remove(id)
		}
	}
}

// stop ends all sessions for good.
func (t *sessions) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for id := range t.open {
		t.remove(id)
	}
}

// enter counts one more bridge of a session, unless there are enough.
func (t *sessions) enter(s *session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.bridges >= mostBridges {
		return false
	}
	s.bridges++
	return true
}

// leave takes back an enter.
func (t *sessions) leave(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.bridges--
}
