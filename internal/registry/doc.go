// Package registry keeps the functions that callers have created by AWS Lambda's control API (version 2015-03-31, the AWS Lambda
// API reference), and has a [gangway/internal/functions.Host] run them.
//
// A [Server] answers requests that are signed for the service lambda: first the signature is checked, then the caller's policy is
// asked, for lambda:CreateFunction and the like on the function's ARN; only then is anything done. All operations of the service
// model are in one table: served, answered as by an account that has none of the kind, or refused by name with a reason. What has to
// do with invocations is passed to the host, which does not ask who calls.
//
// Code comes in the request as a ZIP archive, is bounded as by Lambda ("Lambda quotas" in the developer guide), and is unpacked with
// no way out of its folder. Below [Config.Dir] each function has a folder of its own, with these in it:
//
//	function.json     its definition, replaced as a whole
//	{sha256}.zip      the code as it was uploaded
//	{sha256}/         the same, unpacked
//
// An operation has answered only when definition and archive are on disk. What an interrupted one has left is taken away by the
// next [Open], which also unpacks code again that is not what was uploaded. A definition or an archive that is damaged is an
// error of Open, with its path: no function goes missing silently.
//
// There is one version of a function, $LATEST, and no layers, container images, aliases or event sources. Permissions of a
// function (AddPermission) are kept and shown, and nobody asks them: callers have policies of their own, and the gateway may invoke
// all functions. Settings that mean nothing to a process of this machine, such as a VPC, are kept and shown as well.
//
// The package does not know the gateway, how functions run, or where keys come from.
package registry
