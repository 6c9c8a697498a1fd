//go:build models

package conformance_test

// The service models of AWS lie in this module as data, and go.mod is to name it. No test runs its code, so nothing is ever
// built with this tag.
import _ "github.com/aws/aws-sdk-go/aws"
