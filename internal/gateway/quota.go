package gateway

import (
	"fmt"
	"strings"
)

// Quotas is how many objects of a kind there may be; 0 is no limit.
type Quotas map[string]int

// DefaultQuotas are those of an AWS account, and for what has none there a number that nobody reaches by good use: "Quotas
// for configuring and running a WebSocket API" and "API Gateway account-level quotas" in the developer guide.
func DefaultQuotas() Quotas {
	return Quotas{
		"apikeys":              10000,
		"apimappings":          200, // of a domain
		"apis":                 600,
		"authorizers":          10, // of an API, as the next three
		"integrations":         300,
		"routes":               300,
		"stages":               10,
		"clientcertificates":   60,
		"domainnames":          120,
		"plansperkey":          10, // usage plans that one API key is in
		"usageplans":           300,
		"deployments":          10000, // of an API; these four are ours
		"models":               1000,
		"integrationresponses": 100, // of an integration
		"credentials":          1000,
		"vpclinks":             20,
	}
}

// Check says what is wrong with quotas that somebody has written.
func (q Quotas) Check() error {
	known := DefaultQuotas()
	for _, name := range sortedKeys(q) {
		if _, ok := known[name]; !ok {
			return fmt.Errorf("quotas: there is no quota '%s', only %s", name, strings.Join(sortedKeys(known), ", "))
		}
		if q[name] < 0 {
			return fmt.Errorf("quotas: %s is %d: expected 1 or more, or 0 for no limit", name, q[name])
		}
	}
	return nil
}
