package metrics

import "strconv"

// statuses are those that the doors give, see their tables of faults. Others, which a $connect integration may choose, are
// counted together.
var statuses = [...]int{
	200, 101, 204, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 426, 429, 500, 501, 502, 503, 504,
}

const (
	other      = "other"
	switched   = 101 // Switching Protocols: a handshake that became a connection
	throttled  = 429
	goingAway  = 503
	lowestCode = 1000 // of those that RFC 6455 section 7.4.1 and its registry define
	codes      = 16
)

func statusIndex(status int) int {
	for i, known := range statuses {
		if status == known {
			return i
		}
	}
	return len(statuses)
}

func statusName(i int) string {
	if i == len(statuses) {
		return other
	}
	return strconv.Itoa(statuses[i])
}

// Behind the codes that are defined: those of libraries and frameworks, those of applications, and the rest.
const (
	codeOfLibrary = codes + iota
	codeOfApplication
	codeOther
	codeCount
)

func codeIndex(code int) int {
	switch {
	case code >= lowestCode && code < lowestCode+codes:
		return code - lowestCode
	case code >= 3000 && code < 4000:
		return codeOfLibrary
	case code >= 4000 && code < 5000:
		return codeOfApplication
	default:
		return codeOther
	}
}

func codeName(i int) string {
	switch i {
	case codeOfLibrary:
		return "3xxx"
	case codeOfApplication:
		return "4xxx"
	case codeOther:
		return other
	default:
		return strconv.Itoa(lowestCode + i)
	}
}

// methods are those of @connections; others are counted together.
var methods = [...]string{"POST", "GET", "DELETE", other}

func methodIndex(method string) int {
	for i, known := range methods {
		if method == known {
			return i
		}
	}
	return len(methods) - 1
}
