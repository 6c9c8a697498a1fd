package access_test

import (
	"net/http/httptest"
	"sync"
	"testing"

	"gangway/internal/access"
	"gangway/internal/gateway"
)

// TestHammerReplace: who reads sees all credentials of one Replace or all of another, and the root in any case.
func TestHammerReplace(t *testing.T) {
	all := access.New(root, account)
	open, shut := []gateway.Credential{credential("anna", allow), credential("bert", deny)}, []gateway.Credential{credential("anna", deny)}
	all.Replace(open)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 200 {
				all.Replace([][]gateway.Credential{open, shut, nil}[i%3])
			}
		})
		wait.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			for range 500 {
				if err := all.Authorize(r, root.ID, push, post); err != nil {
					t.Errorf("the root was refused: %v", err)
				}
				if key, known := all.Key("GWAKanna"); known && key.Secret != "secret of anna" {
					t.Errorf("got the key %+v", key)
				}
				if err := all.Authorize(r, "GWAKbert", push, post); err == nil {
					t.Error("bert was let in")
				}
				if caller, known := all.Caller("GWAKanna"); known {
					_ = caller.Authorize(push, post, nil) // depends on which Caller it is
				}
			}
		})
	}
	wait.Wait()
}
