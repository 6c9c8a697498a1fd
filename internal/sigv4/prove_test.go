package sigv4_test

import "testing"

// TestProve: who declares the hash of the body is known before the body is, and who does not is not yet.
func TestProve(t *testing.T) {
	hash := referenceHash("hello")
	for _, tt := range []struct {
		name, code string
		before     func(c *call)
		proved     bool
	}{
		{"declared", "", payload(hash), true},
		{"another body", "", func(c *call) { payload(referenceHash("other"))(c); c.body = "other" }, true},
		{"not declared", "", func(*call) {}, false},
		{"unknown key", unrecognized, func(c *call) { payload(hash)(c); c.key.ID = "AKIDNOBODY" }, false},
		{"wrong secret", "InvalidSignatureException", func(c *call) { payload(hash)(c); c.key.Secret += "x" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCall("header", "POST", paths[0], "hello", permanent)
			tt.before(c)
			who, err := testVerifier().Prove(c.request())
			if tt.code != "" {
				wantError(t, err, tt.code, "")
			} else if err != nil {
				t.Error(err)
			}
			if (who != nil) != tt.proved {
				t.Errorf("proved is %v", who)
			}
		})
	}
}
