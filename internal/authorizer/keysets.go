package authorizer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// How keys are kept.
const (
	freshFor   = time.Hour        // they are used without asking again
	staleFor   = 24 * time.Hour   // they are used if the issuer does not answer; after that nobody gets in
	retryAfter = 10 * time.Second // between two questions to an issuer, whatever tokens come
	maxSets    = 1000             // shared; more than these are kept by their authorizers alone
)

// KeySets are the public keys of issuers. All stages share them, so that an issuer is asked once. They are safe for
// concurrent use.
type KeySets struct {
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex // guards sets
	sets map[origin]*keySet
}

// NewKeySets makes empty sets that will be fetched through a transport. Redirects are not followed; without a
// transport no issuer is reached. now is the clock; nil: time.Now.
func NewKeySets(transport http.RoundTripper, now func() time.Time) *KeySets {
	if now == nil {
		now = time.Now
	}
	return &KeySets{
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now, sets: map[origin]*keySet{},
	}
}

// of is the set of an origin. Where there are too many the one that has not been asked for longest is forgotten.
func (k *KeySets) of(from origin) *keySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.sets[from]
	if set == nil {
		if len(k.sets) >= maxSets {
			k.forget()
		}
		set = &keySet{origin: from, client: k.client, now: k.now}
		k.sets[from] = set
	}
	set.asked = k.now()
	return set
}

// forget drops the set that was asked for by [KeySets.of] longest ago. Those who have it keep it.
func (k *KeySets) forget() {
	var oldest *keySet
	for _, set := range k.sets {
		if oldest == nil || set.asked.Before(oldest.asked) {
			oldest = set
		}
	}
	delete(k.sets, oldest.origin)
}

// A keySet has the keys of one issuer.
type keySet struct {
	origin

	client *http.Client
	now    func() time.Time
	asked  time.Time // guarded by KeySets.mu

	mu      sync.Mutex           // guards what follows
	keys    map[string][]*sigKey // by kid, of the last answer; nil: there was none. The map does not change
	since   time.Time            // when that answer was asked for
	tried   time.Time            // when the last question was asked
	failure error                // of the last question that has ended; nil: it was answered
	pending chan struct{}        // closed when the question under way has ended; nil: none is
}

// errUnknownKey is a token whose key the issuer does not publish.
var errUnknownKey = errors.New("the token names a key that its issuer does not have")

// find has the keys of a name. The error is errUnknownKey, or why it cannot be known.
func (s *keySet) find(ctx context.Context, kid string) ([]*sigKey, error) {
	keys, pending, err := s.look(ctx, kid, true)
	if pending == nil {
		return keys, err
	}
	select {
	case <-pending:
		keys, _, err = s.look(ctx, kid, false)
		return keys, err
	case <-ctx.Done():
		return nil, fmt.Errorf("the keys of the issuer: %w", ctx.Err())
	}
}

// look has the keys of a name, or what to wait for before looking again. It asks the issuer if it may and the answer could help:
// keys are missing, old, or lack this one.
func (s *keySet) look(ctx context.Context, kid string, wait bool) ([]*sigKey, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	age := now.Sub(s.since)
	known, usable := s.keys[kid], s.keys != nil && age < staleFor
	useful := usable && len(known) > 0
	if useful && age < freshFor {
		return known, nil, nil
	}
	if s.pending == nil && wait && now.Sub(s.tried) >= retryAfter {
		s.ask(ctx, now)
	}
	switch {
	case s.pending != nil && wait && (!useful || s.failure == nil):
		return nil, s.pending, nil
	case useful:
		return known, nil, nil // the issuer did not answer last time: nobody need wait to see that again
	case s.failure != nil:
		return nil, nil, fmt.Errorf("the keys of the issuer: %w", s.failure)
	case !usable:
		return nil, nil, errors.New("the keys of the issuer are too old")
	default:
		return nil, nil, errUnknownKey
	}
}

// ask begins to fetch the keys; mu is held. It goes on when the client who caused it has left: others wait for it, too.
func (s *keySet) ask(ctx context.Context, now time.Time) {
	done := make(chan struct{})
	s.tried, s.pending = now, done
	go func() {
		keys, err := s.fetch(context.WithoutCancel(ctx), s.client)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			s.keys, s.since = keys, now
		}
		s.failure, s.pending = err, nil
		close(done)
	}()
}
