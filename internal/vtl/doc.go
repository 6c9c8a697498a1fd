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
// #literal, #[[ ]]#, comments, escapes, and strings in double quotes that are templates themselves. Two rules are AWS's
// own:
//
//   - what is undefined or null is the empty string, and so true in #if; only false is false;
//   - maps keep the order in which they were filled.
//
// Some rules of Velocity 1.7 surprise, and are kept:
//
//   - an expression that is neither a reference nor a comparison is not true: #if(1) and #if("a") are not taken;
//   - 2-1 is a syntax error, since -1 is a number: write 2 - 1; and $a-1 is a reference to a-1;
//   - an assignment of what cannot be calculated, such as 1 / 0, leaves the variable as it was;
//   - $list.remove(1) removes by index, and a negative index in brackets counts from the end;
//   - a macro evaluates an argument each time it is mentioned, and sees the variables of where it is called;
//   - ## right behind a property ($a.b##) begins no comment, and $ right before a directive of the grammar is lost.
//
// #parse, #include and #evaluate are syntax errors. A macro that is defined twice is the one that is defined last.
//
// # White space
//
// A directive takes the blanks and the line end behind its closing parenthesis with it, and so do #end and #else. #set
// also takes the blanks before it, but only where a token ends: at the start of the template, behind another
// directive with its line end, a reference or a comment, not within text. All other white space is text.
//
// # Values
//
// Values are nil, bool, string, integers (int, int64, *big.Int), float64, [encoding/json.Number], numbers of JSON as
// another package keeps them (with the methods IsInteger and String, which is how Java prints them), [List], [Map] and
// [Object]. They print as Java prints them:
//
//	1.50 of a JSON document        1.5, a java.lang.Double
//	1e10                           1.0E10
//	0.1234567890123456789          as it is, a java.math.BigDecimal
//	12345678901234567890           as it is: integers have any size
//	{"a": 1, "b": null}            {a=1, b=null}
//	["a", {"b": "x/y"}] as JSON    ["a",{"b":"x\/y"}]
//	["a", $b] of a template        [a, B]
//
// A list that a template makes is a java.util.ArrayList. Any other is taken for an array of a JSON document, which
// prints as JSON because Jayway JsonPath makes it a JSONArray of the json-smart library. So with numbers: json-smart, in
// the mode that Jayway uses, makes a BigDecimal of one with a fraction or an exponent that is longer than 18 characters.
// Here a BigDecimal prints and compares with equals as in Java, but calculates as a double; and integers calculate up to
// 4096 bits.
//
// An Object is what a caller gives a template to talk to, such as $input; [Util] is one. It prints by its String method,
// or as nothing.
//
// Strings, lists, maps, numbers and booleans have the methods of their Java classes, by the tables in the files
// methods_*.go. Lengths and indexes of strings count in UTF-16. A method or property that does not exist is null, as is
// one with arguments of other types: nothing is converted, and nothing is reached by reflection. A method that fails in
// Java fails here.
//
// Regular expressions are those of Java as far as [regexp/syntax] can say the same, in time that is linear in the
// text: look-around, back-references, possessive quantifiers and classes in classes are errors. An empty match right
// behind another match is not found, and $ does not match before a last line end.
//
// # Budgets
//
// A rendering ends with an error when it exceeds one of its [Limits]; with the defaults it stays within a tenth of a second
// and 8 MB. That is enough for one pass over the longest message, 128 KB, and for a few. A step stands for a microsecond at
// most, 100,000 of them for all; an object whose methods take longer is [Charged].
//
// A template is parsed up to 20,000 references, directives and literals, which is more than the 32 KB that the control
// plane accepts can hold, and up to 64 levels of nesting.
//
// Text that comes from values is never parsed, not even in strings or arguments of macros.
//
// The package knows no gateway: not what $input or $context are, nor which template belongs to a message.
package vtl
