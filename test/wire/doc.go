// Package wire compares what our engine makes of a stream of bytes with what github.com/gobwas/ws makes of it, which was
// written by others: the same messages, the same answers to pings, and the same verdict. It has no code, only fuzz targets.
//
// Both are right where they agree. Where they do not, one of these is the reason, and nothing else may be:
//
//   - RFC 6455 section 5.2 demands the shortest form of a length. We refuse others with 1002, gobwas takes them.
//   - We judge a frame by the first two bytes of its header and then by its length, gobwas once the header is whole. So a
//     stream that ends within one may have been refused by us only.
//   - A close frame may carry the statuses of RFC 6455 section 7.4.1 and those that were registered with IANA since, 1012 to
//     1014, which gobwas does not know. We refuse 5000 and greater, which section 7.4.2 leaves undefined and gobwas takes.
//   - A close frame whose reason is not UTF-8 is refused by both: by us with 1007 (section 8.1), by gobwas with 1002.
//
// What Gangway allows less of than the RFC is switched off for the comparison: the limits of frames, messages, fragments and
// control frames, and that binary messages are refused.
package wire
