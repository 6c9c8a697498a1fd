package sigv4_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gangway/internal/sigv4"
)

// TestHammerVerify has many goroutines share one verifier, with more keys than its cache holds and while keys change secrets.
func TestHammerVerify(t *testing.T) {
	const workers, rounds, keys = 8, 400, 600
	key := func(worker, n int) sigv4.Key {
		return sigv4.Key{ID: fmt.Sprintf("AKID%d-%d", worker, n%keys), Secret: fmt.Sprintf("secret %d of %d", n%keys, worker)}
	}
	v := &sigv4.Verifier{
		Region: testRegion, Service: testService, Now: func() time.Time { return testTime },
		Keys: func(id string) (sigv4.Key, bool) {
			var worker, n int
			_, err := fmt.Sscanf(id, "AKID%d-%d", &worker, &n)
			return key(worker, n), err == nil
		},
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for n := range rounds {
				k := key(worker, n)
				r := serverRequest("GET", "/prod", "")
				sigv4.Sign(r, nil, k, testRegion, testService, testTime)
				if id, err := v.Verify(r, nil); err != nil || id.AccessKeyID != k.ID {
					t.Errorf("%s: %v", k.ID, err)
				}
				k.Secret = "another"
				sigv4.Sign(r, nil, k, testRegion, testService, testTime)
				if _, err := v.Verify(r, nil); err == nil {
					t.Errorf("%s: accepted with another secret", k.ID)
				}
			}
		})
	}
	wg.Wait()
	if n := sigv4.CachedKeys(v); n == 0 || n > 1024 {
		t.Errorf("%d signing keys are remembered", n)
	}
}
