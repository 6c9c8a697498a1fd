// Package jsonpath finds values in JSON text by the paths of selection expressions and templates, and prints them
// as Amazon API Gateway does.
//
// A [Path] is compiled once and then only executed: [Path.Find] checks that a whole body is JSON and extracts the
// value in the same pass, without decoding what it does not need.
//
//	action, err := jsonpath.Compile("detail.action")
//	v, err := action.Find(body) // ErrNotJSON, or a Value; Missing is no error
//	key := v.Text()
//
// # JSON
//
// The grammar is RFC 8259's, nothing more; a document nested deeper than 128 is refused, so no later walk can
// exhaust a stack. Bytes that are not UTF-8 and escaped surrogates without a partner read as U+FFFD, as in
// encoding/json. Keys are case-sensitive. Of duplicate keys the last one wins and keeps the place of the first, as
// in a Java LinkedHashMap; what AWS does with them is not documented.
//
// # Paths
//
// A path is written in the language of Jayway JsonPath, which the AWS developer guide names. Supported is its
// definite part, which leads to one value at most:
//
//	a.b    a[0].b    ['a b'].c    ["a"]    $.a    $
//
// The leading "$." may be left out, as it is after "request.body.". Wildcards, deep scans, slices, unions, filters
// and functions are errors of [Compile] that say so.
//
// # Text
//
// [Value.Text] prints what Java's String.valueOf prints of the decoded value: a string is itself, unquoted; an array
// is [item1, item2], as "API Gateway WebSocket API selection expressions" in the AWS developer guide shows; an
// object is {a=b, c=d}. A missing value and a top-level null are the empty string; a null inside an array or object
// is null. Integers keep their digits whatever their size. A number with a fraction or exponent is a Java double, so
// 1.0 stays 1.0, 1.50 is 1.5, 1e3 is 1000.0 and 1e10 is 1.0E10; beyond its range it is Infinity.
//
// Arrays and objects are printed straight from the body, without decoding it: besides the text itself, that takes at most
// six times the memory that the value takes in the body. Who compares a text with others need not have it whole:
// [Value.AppendTextMax].
//
// The package knows no gateway: not what "request.body" means, nor which text is a route key.
package jsonpath
