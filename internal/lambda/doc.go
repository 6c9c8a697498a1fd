// Package lambda invokes AWS Lambda functions, or whatever speaks Lambda's Invoke API at another address, or functions that this process
// runs itself ([Local]).
//
// It knows how a function is called and what the service may answer: a result, an error that the function ended with
// ([Result.FunctionError]), or a refusal of the service itself ([*Error]). It does not know what is in an event or in a
// result, nor who is waiting for it.
//
// A function is called once for each [Client.Invoke]. Nothing is retried, neither by the SDK nor by what is below it: a function
// that was reached may have acted, and only who sent the event knows whether it may act twice. Nothing is looked up when
// a [Client] is made; the default credential chain of the SDK runs when the first function is called.
//
// What the gateway signs its calls of Lambda with, it signs calls of other services with: [Client.Credentials] for AWS, and
// [Elsewhere] for what only speaks as AWS does, and must not get to know a key of AWS.
//
// The Invoke API is described in the AWS Lambda API reference, "Invoke".
package lambda
