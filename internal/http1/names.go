package http1

import "net/textproto"

// common are the names of fields that are sent often, so that those in other spellings need no memory of their own.
var common = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "Authorization", "Cache-Control",
		"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Date", "Expect", "Forwarded", "Host", "Origin",
		"Pragma", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Websocket-Extensions", "Sec-Websocket-Key",
		"Sec-Websocket-Protocol", "Sec-Websocket-Version", "Te", "Traceparent", "Tracestate", "Trailer", "Transfer-Encoding", "Upgrade",
		"User-Agent", "Via", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amzn-Trace-Id",
		"X-Api-Key", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip", "X-Request-Id",
	} {
		names[name] = name
	}
	return names
}()

// canonical is the name of a field, a token, as [http.Header] wants it.
func canonical(name string) string {
	upper := true
	for i := range len(name) {
		b := name[i]
		if upper && b >= 'a' && b <= 'z' || !upper && b >= 'A' && b <= 'Z' {
			return respelled(name)
		}
		upper = b == '-'
	}
	return name
}

func respelled(name string) string {
	var spelled [40]byte
	if len(name) > len(spelled) {
		return textproto.CanonicalMIMEHeaderKey(name)
	}
	upper := true
	for i := range len(name) {
		b := name[i]
		switch {
		case upper && b >= 'a' && b <= 'z':
			b -= 'a' - 'A'
		case !upper && b >= 'A' && b <= 'Z':
			b += 'a' - 'A'
		}
		spelled[i] = b
		upper = b == '-'
	}
	if known, ok := common[string(spelled[:len(name)])]; ok {
		return known
	}
	return string(spelled[:len(name)])
}
