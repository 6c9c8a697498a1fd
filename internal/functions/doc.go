// Package functions hosts AWS Lambda functions as processes of this machine: no container, no copy of the code. Callers have
// the Invoke API ("Invoke" in the AWS Lambda API reference), functions have the Runtime API ("Using the Lambda runtime API for
// custom runtimes" in the AWS Lambda developer guide).
//
// Who is part of the same process calls [Host.Invoke] instead, which saves an exchange.
//
// A [Host] knows a set of functions and starts nothing until one is invoked; with [Config.Check] it has code parsed or built when it is set
// and when it changes, and tells of mistakes. A process has one invocation at a time and a
// Runtime API of its own on a loopback port; when all are at work another is started, up to the function's concurrency. What
// a process writes is reported line by line, with the request it was written for. A change in a folder of code gives the next
// invocation new processes; what runs finishes with the old code.
//
// Node.js and Python functions run with the interpreters found on the PATH, whatever version was asked for (a notice says so
// where it differs), by small runtimes embedded here. Everything else is a custom runtime: an executable named bootstrap, or
// Go source, which is built.
//
// What is deliberately different from Lambda:
//
//   - Signatures are not checked and there is no policy: whoever reaches the handler may invoke. It belongs on a loopback
//     listener. Requests that a browser sends for a web page are refused.
//   - There is one version. Any qualifier is taken and means $LATEST; account and region in an ARN are not compared.
//   - Code can write to its own folder and sees the machine. Only a short list of the machine's environment is passed on:
//     no credentials of the user's shell.
//   - Memory is limited for Node.js (the heap, as Lambda's runtime does) and Python (data segment, with room for libraries);
//     of other functions it is only reported when they needed more than they have.
//   - Failed asynchronous invocations are repeated twice, as there, but after [Config.Backoff] instead of minutes. The queue is
//     in memory and bounded; there are no destinations.
//   - All functions together have at most [Config.Processes] processes; one that is idle gives way to another function's.
//   - What a function has started ends with it if it stays in the function's process group. On Linux, what has left the group
//     ends as well if it kept the variable AWS_LAMBDA_LOG_STREAM_NAME; elsewhere it goes on. On Windows there is no group.
//   - Who invokes a function that is at work as often as it may be, with no concurrency reserved, waits up to its timeout before
//     being refused: the limit is this host's, and 20 instead of the account's 1000.
//
// The package does not know templates, the gateway or its integrations.
package functions
