package dial

import "strings"

// Sets of bytes.
var (
	isTokenByte = setOf("!#$%&'*+-.^_`|~" + alphanumeric)    // RFC 9110 section 5.6.2
	isHostByte  = setOf("-._~!$&'()*+,;=:[]" + alphanumeric) // RFC 3986 section 3.2.2, and of ports
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func setOf(bytes string) (set [256]bool) {
	for i := range len(bytes) {
		set[bytes[i]] = true
	}
	return set
}

func isToken(text string) bool {
	for i := range len(text) {
		if !isTokenByte[text[i]] {
			return false
		}
	}
	return text != ""
}

// isValue says whether a text can be the value of a header field: RFC 9110 section 5.5.
func isValue(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isHost(text string) bool {
	for i := range len(text) {
		if !isHostByte[text[i]] {
			return false
		}
	}
	return text != ""
}

// isTarget says whether a text can stand in a request line. Bytes that are not ASCII cannot, by RFC 3986; servers take them.
func isTarget(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// hasToken says whether a token is in a list: RFC 9110 section 5.6.1. Tokens of which it is asked have no upper case.
func hasToken(list, token string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(trim(one), token) {
			return true
		}
	}
	return false
}

// trim takes away white space as RFC 9110 section 5.6.3 has it.
func trim(text string) string { return strings.Trim(text, " \t") }
