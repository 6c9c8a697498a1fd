// Package policy judges requests by IAM policy documents, as "IAM JSON policy elements reference" and "Policy
// evaluation logic" in the IAM user guide describe them.
//
//	p, err := policy.Parse(document)
//	d := p.Evaluate(&policy.Request{
//		Action:   "execute-api:ManageConnections",
//		Resource: "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/POST/@connections/abc=",
//		Context:  map[string][]string{"aws:sourceip": {"203.0.113.7"}},
//	})
//
// A statement that denies wins over every statement that allows; what no statement allows is denied. A nil [Policy],
// a nil [Request] and one without action or resource are denied.
//
// # Documents
//
// [Parse] is strict, because a rule that is silently skipped opens a door. Whatever it does not know is an error that
// names the place, such as Statement[2].Action, and says what would be right: unknown elements and operators, names
// given twice (also in different case), wrong types, empty lists, values that an operator cannot compare, trailing
// text. A document has up to [MaxDocument] bytes, white space included, and [MaxStatements] statements.
//
// The documents are identity-based: Principal and NotPrincipal are refused. Resource is required. Element names and
// the values of Effect and Version are case-sensitive; names of operators and keys are not.
//
// # Action and Resource
//
// Action ignores the case of ASCII letters, Resource does not. In both, * is any run of characters, "/" and ":" among
// them, and ? is one character. A matcher never backtracks further than its last *, so its time is at most the
// product of both lengths.
//
// # Variables
//
// With Version 2012-10-17, ${aws:username} in the resource part of an ARN (after its fifth colon) and in values of
// String and Arn operators stands for the one value of that key, and ${aws:username, 'nobody'} has a default. The
// value is text: a * in it is no wildcard. ${*}, ${?} and ${$} are these characters. AWS takes ${ in a document
// without that Version as text; here it is an error, because such a statement has no effect.
//
// # Conditions
//
// Served are all operators of "IAM JSON policy elements: Condition operators", with IfExists and the prefixes
// ForAllValues: and ForAnyValue:. Keys and operators are all to hold; of the values of a key one is to match, or with a
// negated operator none. A key that is absent from the request, or has no value, fails a condition, but satisfies a
// negated operator, IfExists and ForAllValues. Arn operators compare each of the six parts of an ARN by itself.
// Numbers are compared as 64-bit floating point. BinaryEquals compares the bytes of the context's value with what the
// document's base64 encodes. IPv4 addresses that are mapped into IPv6 are read as IPv4.
//
// # What cannot be known
//
// Where the documentation is silent the package takes no side but the safe one. A statement is unclear when a variable has no
// value (or several), when a value in the request is not of the operator's kind, or when a condition without a prefix meets several
// values that disagree. An unclear statement denies if its Effect is Deny, and does not allow if it is Allow; the same
// holds behind NotResource and negated operators. In a Resource an unknown variable may stand for anything, so
// the statement is unclear only for resources that it could mean. AWS lets a Deny with an unresolved
// variable pass, and an Allow with a negated operator match; that is the one rule in which this package is stricter.
//
// # What it does not know
//
// Principals, resource-based policies, boundaries, session policies, and how several policies combine; which actions and keys
// exist, and who fills the context. It keeps no state and reads no clock: the time of a request is a key of its context.
package policy
