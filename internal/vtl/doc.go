// Package vtl renders the Velocity Template Language as the mapping templates of Amazon API Gateway do.
//
// A [Template] is parsed once and then only executed, by any number of goroutines:
//
//	t, err := vtl.Parse(`{"id": "$input.path('$.id')"}`) // *SyntaxError: line, column
//	out, err := t.Append(nil, vars, vtl.Limits{})         // *RenderError: line, column
//
// # The language
//
// It is that of Apache Velocity 1.7, to which the AWS developer guide refers: references ($a, ${a}, $!a, properties,
// indexes, methods), #set, #if, #elseif, #else, #foreach, #define, #macro, #@macro with a body, #break, #stop,
// #literal, #[[ ]]#, comments, escapes, interpolated strings, and its ways with white space: a directive takes the blanks
// and the line end behind its parenthesis (or behind #end and #else) with it, and #set the blanks before it if a token
// ends there. Two rules are AWS's own:
//
//   - what is undefined or null is the empty string, and so true in #if; only false is false;
//   - maps keep the order in which they were filled.
//
// As in Velocity 1.7, a literal other than true is not true, 2-1 is a syntax error (write 2 - 1), and an assignment
// of what cannot be calculated leaves the variable as it was. #parse, #include and #evaluate are not offered.
//
// # Values
//
// Values are nil, bool, string, integers (int, int64, *big.Int), float64, [encoding/json.Number] or what knows IsInteger and String as decimals do, [List], [Map] and
// [Object]. They print as Java prints them. A list that a template makes is a java.util.ArrayList and prints as
// [a, b]; any other is taken for an array of a JSON document and prints as JSON, as API Gateway has it. An Object is what a
// caller gives a template to talk to, such as $input; [Util] is one.
//
// Strings, lists, maps, numbers and booleans have the methods of their Java classes, by the tables in the files
// methods_*.go. A method or property that does not exist is null. Nothing is reached by reflection. Regular expressions
// are those of [regexp/syntax], written as in Java: without look-around, back-references and possessive quantifiers.
//
// # Budgets
//
// A rendering ends with an error when it exceeds its [Limits]. Text that comes from values is never parsed.
//
// The package knows no gateway: not what $input or $context are, nor which template belongs to a message.
package vtl
