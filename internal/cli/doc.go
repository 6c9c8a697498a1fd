// Package cli is what a user of the one binary meets: its commands, its settings, its errors in one line, and its exit
// codes. [Run] takes the streams and the environment it works with, so a test runs it like any function.
//
// Commands: serve runs a node; up runs an app from its template on a node of its own, down takes away what it has made; env prints what
// the AWS CLI needs to reach a node; connect is a WebSocket client for the terminal; demo shows a chat at work; credentials makes
// access keys; export prints a stage as a CloudFormation template; diff says what a deployment would change; vtl renders a mapping
// template, and test-route runs a message through a stage without its backend, or with it; test-server runs a node for a test suite;
// replay says to an API what was recorded of another; backup and restore copy definitions; version says which program this is.
// Each operation of the control plane is a command, too, named as the AWS CLI names it; verbs lists them. They are made of
// the table of operations in package control, and know nothing of what an operation does.
//
// A command that asks a control plane finds it by the flags --endpoint-url and --data, or else by the variables of the AWS
// tools, or else by GANGWAY_DATA or the usual data folder of a node on the same machine. With a folder it uses the root key
// that is there, with an endpoint the access key of the environment; never one key for the other.
//
// A setting of a node is one field in settings.go: its tag holds flag, environment variable, default, group and help.
// The help texts and docs/configuration.md are made from it. Definitions (APIs, routes) are not settings: they exist
// only behind the control plane.
//
// Exit codes:
//
//	 0  all went well
//	 1  it did not; the reason is on standard error, in one line
//	 2  the command line or a setting is wrong
//	 3  connect: the server refused the handshake
//	 4  connect: the connection ended with another status than 1000
//	 5  diff --exit-code, replay: there is a difference
//	78  the store or the backup is damaged, or written by a newer version, or its secrets need another key file
//
// The package knows nothing of what a node does: package node builds it, and package store copies it.
package cli

//go:generate go test -run TestConfigurationPage -update .
