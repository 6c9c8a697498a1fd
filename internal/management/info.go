package management

import (
	"encoding/json"
	"time"

	"gangway/internal/gateway"
)

// spelling is how the members of a connection are called.
type spelling struct{ identity, sourceIP, userAgent, connectedAt, lastActiveAt string }

// The service and its SDKs use the first, the reference pages show the second.
var (
	lowerCamel = spelling{"identity", "sourceIp", "userAgent", "connectedAt", "lastActiveAt"}
	upperCamel = spelling{"Identity", "SourceIp", "UserAgent", "ConnectedAt", "LastActiveAt"}
)

// appendInfo writes a connection as API Gateway prints it, two spaces deep and with a space on either side of a colon. A
// client that sent no User-Agent has null in the first spelling, where the model wants the member, and nothing in the
// second, where the reference wants a string.
func appendInfo(b []byte, info gateway.ConnectionInfo) []byte {
	agent, absent := "null", ""
	if info.UserAgent != "" {
		agent = quote(info.UserAgent)
		absent = agent
	}
	b = append(b, '{')
	b = lowerCamel.append(b, info, agent)
	b = append(b, ',')
	b = upperCamel.append(b, info, absent)
	return append(b, "\n}"...)
}

func (s *spelling) append(b []byte, info gateway.ConnectionInfo, agent string) []byte {
	b = appendMember(b, "\n  ", s.identity, "{")
	b = appendMember(b, "\n    ", s.sourceIP, quote(info.SourceIP))
	if agent != "" {
		b = appendMember(append(b, ','), "\n    ", s.userAgent, agent)
	}
	b = append(b, "\n  },"...)
	b = appendMember(b, "\n  ", s.connectedAt, stamp(info.ConnectedAt))
	return appendMember(append(b, ','), "\n  ", s.lastActiveAt, stamp(info.LastActiveAt))
}

func appendMember(b []byte, indent, name, value string) []byte {
	b = append(b, indent...)
	b = append(append(append(b, '"'), name...), `" : `...)
	return append(b, value...)
}

// quote makes a JSON string; bytes that are no UTF-8 become replacement characters.
func quote(text string) string {
	b, _ := json.Marshal(text) // a text always marshals
	return string(b)
}

// stamp is a time in ISO 8601, UTC, milliseconds, as a JSON string.
func stamp(t time.Time) string { return t.UTC().Format(`"2006-01-02T15:04:05.000Z"`) }
