// Package jsonpath finds values in JSON by the paths of selection expressions, parameter mappings and templates, and
// prints them as Amazon API Gateway does.
//
// A [Path] is compiled once and then only executed. [Path.Find] takes a body: for a path of keys and indexes it checks
// that the body is JSON and extracts the value in the same pass, without decoding what it does not need. [Path.Select]
// takes a tree, which [Decode] makes and which a template may change.
//
//	action, err := jsonpath.Compile("detail.action")
//	v, err := action.Find(body) // ErrNotJSON, or a Value; Missing is no error
//	key := v.Text()
//
//	root, err := jsonpath.Decode(body)
//	found, ok, err := titles.Select(root) // what $input.path() is
//	text, err := jsonpath.AppendJSON(nil, found) // what $input.json() is
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
// A path is written in the language of Jayway JsonPath, which the AWS developer guide names:
//
//	$ a.b ['a b'] ["a\"b"] a[0] a[-1]              lead to one value at most: the path is definite
//	['a','b'] at the end                           one object with these members
//	a.length()                                     and size, keys, min, max, avg, sum, stddev, concat, append, first, last, index
//	a[0,2] a[1:] a[:-1] a[1:3] a.* a[*] ['a','b'].c
//	$..a $..* $..[0]                               all below, parents first
//	a[?(@.b > 1 && !(@.c in ['x', 'y']) || @.d)]   a filter
//
// The leading "$." may be left out, as it is after "request.body.". A path that is not definite always finds an array,
// be it empty; a definite one may find nothing, which is not the same as null.
//
// A filter knows ==, !=, ===, !==, <, <=, >, >=, =~ with a pattern of RE2's syntax, in, nin, subsetof, anyof, noneof,
// contains, size and empty; &&, ||, ! and parentheses; paths from '@' and '$'; and literals of JSON, also in single
// quotes. A path alone asks whether it exists; null does. Numbers and strings are compared as Jayway does: for == the
// left one decides, for an order it is that of texts. What leads nowhere equals nothing, so that != holds for it.
//
// # Which Jayway
//
// AWS does not say which version it runs, and only what it prints is on record. The rules are those of Jayway's present
// source; the tests compare with 2.0.0, where that answers. Taken from Jayway although it surprises:
//
//   - A slice with both ends does not count from the end: [1:-1] is empty.
//   - After a deep scan an index that is not last stands for all items: $..[0].a is $..[*].a, in arrays.
//   - A filter applied to an object asks about the object, not about its members.
//   - A path in a filter whose last step may lead to many exists as soon as that step can be taken: [?(@.a[*])] holds for
//     an empty a.
//   - $..a.sum() is one sum of all a, but $.a[*].sum() is a sum for each item, of which numbers have none.
//
// Not taken: what a path finds missing is never an error, not even half-way to a wildcard, where Jayway throws unless told
// not to; append() makes a new array instead of changing the document; max() of negative numbers is one of them; strings
// of a document are never read as paths. Not supported are Jayway's scripts, [?] for filters that a Java program supplies,
// slices with a step, and filters of what is outside RE2's syntax.
//
// # Text
//
// [Value.Text] prints what Java's String.valueOf prints of the decoded value: a string is itself, unquoted; an array
// is [item1, item2], as "API Gateway WebSocket API selection expressions" in the AWS developer guide shows; an
// object is {a=b, c=d}. A missing value and a top-level null are the empty string; a null inside an array or object
// is null. Integers keep their digits whatever their size. A number with a fraction or exponent is a Java double, so
// 1.0 stays 1.0, 1.50 is 1.5, 1e3 is 1000.0 and 1e10 is 1.0E10; beyond its range it is Infinity. Where it is longer than
// 18 characters it is a BigDecimal and keeps its digits, as Jayway's parser json-smart has it in the mode that Jayway uses;
// so it is in templates, too.
//
// Templates print otherwise: what $input.path() finds is [AppendText], in which arrays are JSON; that is on record from
// API Gateway. It is what json-smart's arrays print as, so the details are json-smart's, down to escaped slashes.
// [AppendJSON] has Jayway's own style, without those.
//
// Arrays and objects that Find found are printed straight from the body, without decoding it: besides the text itself,
// that takes at most six times the memory that the value takes in the body. Who compares a text with others need not have
// it whole: [Value.AppendTextMax].
//
// # Limits
//
// A path has 8 KB, 128 parts and 16 filters or other nestings inside each other at most; a pattern has 1 KB. A search takes
// 100,000 steps of work, or fails with [ErrBudget]: a step is a microsecond of CPU, or 64 bytes of memory, so that the
// longest takes a tenth of a second and 6.4 MB. [Path.SelectCharged] and [AppendJSONCharged] tell a caller what they took, for
// a budget of many searches. Neither counts Compile, which takes a microsecond for 16 bytes of path or for one byte of a pattern,
// nor Decode, which takes one for 32 bytes of JSON. A search recurses over the path, never over the document. Decode takes 8 MB and a million values; AppendJSON makes 16 MB and 256 levels, for a tree that
// templates change can hold itself.
//
// The package knows no gateway: not what "request.body" means, nor which text is a route key.
package jsonpath
