// Package local runs an app on one machine as its template describes it for AWS: definitions go to a control plane, functions run as
// processes.
//
// It knows in which forms people keep their apps ([Find]): a SAM or CloudFormation template, the output of CDK's synth, a
// serverless.yml; that an app is first planned, then applied; and of which files a template consists, so that a change of one of
// them can be waited for ([App.Changed]). What a template means is the business of the packages cloudformation and serverless, how a
// control plane is brought to it that of stack, and how functions run that of functions. It does not know where the control plane is,
// nor who is told of what happens.
package local
