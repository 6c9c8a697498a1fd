package gateway

import (
	"strings"
	"time"
)

// AccountKey is where the [Account] stands.
const AccountKey Key = "account/settings"

// The Account is what holds for all APIs.
type Account struct {
	AccountSettings
	APIKeyVersion    string   `json:"apiKeyVersion"`
	Features         []string `json:"features"`
	ThrottleSettings Throttle `json:"throttleSettings"`
}

// AccountSettings is what a client may write of the [Account].
type AccountSettings struct {
	CloudWatchRoleARN string `json:"cloudwatchRoleArn,omitempty"`
}

// Settings is the part that a client may write.
func (a *Account) Settings() any { return &a.AccountSettings }

// Locate writes the part that is ours: what the service shows of an account, with the account-level throttle of "Amazon
// API Gateway quotas" in the developer guide.
func (a *Account) Locate(_ Key, _ time.Time) {
	burst, rate := 5000, 10000.0
	a.ThrottleSettings = Throttle{BurstLimit: &burst, RateLimit: &rate}
	a.Features = []string{"UsagePlans"}
	a.APIKeyVersion = "4"
}

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be.
func (a *Account) Patch(p Patch) error {
	return apply(a, p, []edit[Account]{{
		"/cloudwatchRoleArn",
		[]string{opAdd, opRemove, opReplace},
		toText(func(a *Account) *string { return &a.CloudWatchRoleARN }),
	}})
}

// Validate implements [Object].
func (a *Account) Validate() error {
	arn := a.CloudWatchRoleARN
	return check(
		when(arn != "" && !strings.HasPrefix(arn, "arn:"), "Invalid ARN specified in the request. ARNs must start with 'arn:': %s", arn),
		when(arn != "" && !roleARN.MatchString(arn),
			"Invalid ARN specified in the request. Expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME: %s", arn),
	)
}

// References implements [Object].
func (a *Account) References() []Key { return nil }
