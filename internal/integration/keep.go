package integration

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keptFor is how long a connection is kept that nobody uses. A server that hangs up first may do so while a message is on its
// way, which then fails, for it may have been read: so this is less than the five seconds after which servers of Node.js and
// Apache hang up, and those of most others later.
const keptFor = 4 * time.Second

// margin is how much longer than keptFor a server has to wait.
const margin = time.Second

// A keeper is a transport that keeps connections, but not to servers that say that they will not wait for long.
type keeper struct {
	*http.Transport

	brief sync.Map               // hosts of such servers
	once  func() *http.Transport // what they are called through: it keeps nothing
}

func keeping(p *http.Transport) *keeper {
	return &keeper{Transport: p, once: sync.OnceValue(func() *http.Transport {
		other := p.Clone()
		other.DisableKeepAlives = true
		return other
	})}
}

// RoundTrip implements [http.RoundTripper].
func (k *keeper) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	if _, brief := k.brief.Load(host); brief {
		return k.once().RoundTrip(r)
	}
	response, err := k.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if wait, told := patience(response.Header); told && wait < keptFor+margin {
		k.brief.Store(host, true)
	}
	return response, nil
}

// patience is how long a server says that it will wait for the next request: RFC 2068 section 19.7.1.1, Keep-Alive.
func patience(header http.Header) (wait time.Duration, told bool) {
	for _, value := range header["Keep-Alive"] {
		for param := range strings.SplitSeq(value, ",") {
			name, seconds, _ := strings.Cut(strings.TrimSpace(param), "=")
			if n, err := strconv.ParseUint(strings.Trim(seconds, `" `), 10, 16); err == nil && strings.EqualFold(name, "timeout") {
				return time.Duration(n) * time.Second, true
			}
		}
	}
	return 0, false
}
