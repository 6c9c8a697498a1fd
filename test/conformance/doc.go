// Package conformance holds Gangway against Amazon API Gateway, as its clients know it. It has no code, only tests:
//
//   - the cases: one file each below this folder, a script of six verbs (api, connect, send, expect, post, backend) that
//     anyone can read and that names its public source;
//   - control_test.go: requests to the control plane and what comes back, as table rows;
//   - model_test.go: the control plane against the AWS service model;
//   - sdk_test.go, cli_test.go, boto3_test.go: the real clients of AWS, unchanged, at work on a real node;
//   - walk_test.go: those clients along every operation that is served, and every other one, which must say why it is not;
//   - terraform_test.go, sam_test.go: tools that write whole APIs, at work on a real node;
//   - function_*_test.go: functions written with aws-lambda-go, behind a server that speaks Lambda's Invoke and Runtime APIs, and
//     services of AWS behind an emulator;
//   - fault_*_test.go: backends that misbehave in every way, with the frames that clients see;
//   - up_*_test.go: apps brought up from their templates, with handlers in Node.js, Python and Go and a real browser; local_*_test.go:
//     functions as processes;
//   - restart_test.go: what must still be there after a stop or a kill.
//
// A case whose behaviour AWS neither documents nor anyone has reported says so: its source is "guess".
package conformance
