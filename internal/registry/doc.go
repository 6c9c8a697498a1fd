// Package registry keeps the functions that callers have created by AWS Lambda's control API (version 2015-03-31, the AWS Lambda
// API reference), and has a [gangway/internal/functions.Host] run them.
//
// A [Server] answers requests that are signed for the service lambda: first the signature is checked, then the caller's policy is
// asked, for lambda:CreateFunction and the like on the function's ARN; only then is anything done. All operations of the service
// model are in one table: served, answered as by an account that has none of the kind, or refused by name with a reason. What has to
// do with invocations is passed to the host, which does not ask who calls.
//
// A body is read once, by the names of the reference and by nothing else: what a policy is asked about it is what is stored. Whoever can
// be refused without the body is, if the request declares its hash.
//
// Code comes in the request as a ZIP archive, is bounded as by Lambda ("Lambda quotas" in the developer guide), and is unpacked with
// no way out of its folder ([gangway/internal/functions.Archive]). Below [Config.Dir] each function has a folder of its own, with these
// in it:
//
//	function.json     its definition, replaced as a whole, with its environment sealed
//	{sha256}.zip      the code as it was uploaded
//	{sha256}/         the same, unpacked
//	{sha256}.built/   what was built from it, if it is Go source
//	.unfinished       while it is made or taken away
//
// An operation has answered only when definition and archive are on disk. What an interrupted one has left is taken away by the
// next [Open], which also unpacks code again that is not what was uploaded. A function whose definition or archive is damaged is answered
// with an error and its reason, and Open warns of it; it stays as it is, and keeps no other from being served. Code that was replaced
// stays while the host has processes there.
//
// There is one version of a function, $LATEST, and no layers, container images, aliases or event sources. Permissions of a
// function (AddPermission) are kept and shown, and nobody asks them: callers have policies of their own, and the gateway may invoke
// all functions. Settings that mean nothing to a process of this machine, such as a VPC, are kept and shown as well.
//
// The package does not know the gateway, how functions run, or where keys come from.
package registry
