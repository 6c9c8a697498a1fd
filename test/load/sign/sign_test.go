package sign_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/test/load/sign"
)

// TestAgainstSDK compares with what AWS's own library makes of the same requests.
func TestAgainstSDK(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := sign.Key{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "execute-api"}
	for _, test := range []struct{ method, path, query, body string }{
		{"POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D", "", "hello"},
		{"POST", "/api/prod/@connections/abc", "", ""},
		{"GET", "/v2/apis/a1/routes", "maxResults=500", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "http://127.0.0.1:8080"+test.path+"?"+test.query, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 0 // it would be signed, too
		hash := sha256.Sum256([]byte(test.body))
		credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]), key.Service, key.Region, now); err != nil {
			t.Fatal(err)
		}
		date, authorization := sign.New(key, now).Headers(test.method, r.Host, test.path, test.query, []byte(test.body))
		if want := r.Header.Get("Authorization"); authorization != want || date != r.Header.Get("X-Amz-Date") {
			t.Errorf("%s %s:\n%s\nexpected\n%s", test.method, test.path, authorization, want)
		}
	}
}
