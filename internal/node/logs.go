package node

import (
	"gangway/internal/journal"
	"gangway/internal/lambda"
)

// stageLogs is where stages write their logs; those that go to AWS are signed as calls of functions are.
func (c Config) stageLogs(functions *lambda.Client) journal.Config {
	logs := c.StageLogs
	logs.Log = c.Log
	if logs.Cloud != nil {
		cloud := *logs.Cloud
		cloud.Region, cloud.Credentials = c.Region, functions.Credentials
		logs.Cloud = &cloud
	}
	return logs
}
