// Package expr reads and evaluates the selection expressions of Amazon API Gateway, such as
// ${request.body.service}/${request.body.action}, by which a message chooses its route, model or template.
//
// An expression goes through three hands. [Parse] splits the text, once, when it is written. [Bind] gives each
// variable a [Source], once, when a deployment is compiled. [Bound.Append] evaluates, for each message, with no
// parsing and no memory of its own.
//
//	e, err := expr.Parse(`$request.body.action`)
//	b, err := expr.Bind(e, func(variable string) (expr.Source[*Event], error) { ... })
//	key, err := b.Append(buf[:0], event)
//
// # Language
//
// From the AWS developer guide, "API Gateway WebSocket API selection expressions":
//
//   - $name is a variable, ${name} the same with its limits made plain; all else is literal text, and they mix freely.
//   - \$ is a literal dollar. A backslash before anything else is a backslash.
//   - An expression is evaluated once: a variable's value is text, whatever dollars it holds.
//   - A variable that is missing from the message is the empty string.
//
// The guide does not say where a variable without braces ends. Here it begins with a letter and ends before the
// first character that is not one of A-Z a-z 0-9 _ . - [ ] ( ) * ? @, except that a part in single or double quotes
// belongs to it whatever it holds, as in $request.body['a b']. The hyphen belongs to the variable because
// $request.header.x-api-key, the one documented API key expression, must read as one; to have text after a variable
// begin with any of these, use braces: ${request.body.action}-v2.
//
// A variable in braces runs to the brace that matches, so it may hold braces in pairs, and any others in quotes.
//
// The package knows no variable: what request.body means, and which variables an expression may hold, is for the
// one who binds it. Patterns between slashes are keys, not expressions, and no matter of this package.
package expr
