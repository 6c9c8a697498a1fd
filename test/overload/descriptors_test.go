//go:build linux

package overload_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// TestDescriptors: a node that may have 512 files open is visited by 2,000 clients. Those that are connected are served as
// before, by backends and pushes too, the control plane answers, nobody turns in circles, and when clients leave, others come.
func TestDescriptors(t *testing.T) {
	const few, settled, many = 512, 100, 2000
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "called") }))
			t.Cleanup(backend.Close)
			p := startUnder(t, []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$@"`, few), "sh"}, engine.flags...)
			s := p.define(t, nil, echoing, naming, route{key: "call", uri: backend.URL, template: "1"})
			before := s.rest(t)
			good := s.gather(t, settled, visitor{})
			must(t, spread(settled, func(i int) error { return good[i].identify() }))
			s.http.CloseIdleConnections()
			crush := s.throng(t, many-settled)
			if !eventually(func() bool { return s.descriptors(t) >= few*3/4 }) {
				t.Errorf("%d clients take only %d descriptors", many, s.descriptors(t))
			}
			t.Logf("%d descriptors of %d are taken", s.descriptors(t), few)
			told := answers(t, crush)
			t.Logf("of %d more clients %d were let in, and %d told to come again", len(crush), told[http.StatusSwitchingProtocols], told[http.StatusServiceUnavailable])
			if n := told[http.StatusSwitchingProtocols]; n+told[http.StatusServiceUnavailable] != len(crush) || n < few/4 {
				t.Errorf("clients were answered with %v", told)
			}
			must(t, good.round(1, new(times)))
			share := s.share(t, time.Duration(sized(1, 5))*time.Second)
			t.Logf("with nothing to do, the node takes %.1f %% of a processor, the bar is 10 %%", 100*share)
			if share > 0.5 {
				t.Errorf("the node turns in circles: it takes %.0f %% of a processor", 100*share)
			}
			must(t, good.round(2, new(times)))
			s.reserved(t, good[0])
			for _, c := range crush {
				_ = c.Close()
			}
			left := time.Now()
			var err error
			if !eventually(func() bool {
				var c *client
				if c, err = s.dial(t.Context(), visitor{}); err != nil {
					return false
				}
				defer c.drop()
				err = c.echo(3, new(times))
				return err == nil
			}) {
				t.Errorf("clients have left, and nobody else is served: %v", err)
			}
			within(t, "the next client is served, after others have left, in", time.Since(left), time.Second)
			for _, c := range good {
				c.drop()
			}
			backend.CloseClientConnections()
			s.settle(t, before)
		})
	}
}

// throng has clients come and ask for the upgrade, whether they are answered or not.
func (s *stage) throng(t *testing.T, n int) []net.Conn {
	t.Helper()
	all := make([]net.Conn, n)
	t.Cleanup(func() {
		for _, c := range all {
			if c != nil {
				_ = c.Close()
			}
		}
	})
	must(t, spread(n, func(i int) (err error) {
		if all[i], err = s.connect(t.Context(), false); err == nil {
			_, _ = io.WriteString(all[i], s.greeting("")) // it may be closed already
		}
		return err
	}))
	return all
}

// answers is how often each status was told.
func answers(t *testing.T, all []net.Conn) map[int]int {
	t.Helper()
	told := make([]int, len(all))
	must(t, spread(len(all), func(i int) error {
		_ = all[i].SetReadDeadline(time.Now().Add(patience)) // if it fails, so does reading
		response, err := http.ReadResponse(bufio.NewReader(all[i]), nil)
		if err == nil {
			told[i] = response.StatusCode
			err = response.Body.Close()
		}
		return err
	}))
	count := map[int]int{}
	for _, status := range told {
		count[status]++
	}
	return count
}

// reserved wants what is more important than more clients to go on.
func (s *stage) reserved(t *testing.T, c *client) {
	t.Helper()
	for _, row := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"control plane", s.manages},
		{"push", func(ctx context.Context) error { return s.reaches(ctx, c) }},
		{"call of a backend", func(context.Context) error { return c.calls() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if err := row.do(ctx); err != nil {
				t.Errorf("with no descriptor left: %v", err)
			}
		})
	}
}

// manages wants the control plane to take requests, to read and to write.
func (s *stage) manages(ctx context.Context) error {
	s.http.CloseIdleConnections()
	_, err := s.control.GetApis(ctx, &apigatewayv2.GetApisInput{})
	if err != nil {
		return err
	}
	_, err = s.control.CreateApi(ctx, &apigatewayv2.CreateApiInput{
		Name: aws.String("more"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("$request.body.action"),
	})
	return err
}

// reaches wants a push to arrive at a client.
func (s *stage) reaches(ctx context.Context, c *client) error {
	s.http.CloseIdleConnections()
	if _, err := s.push(ctx, c.id, []byte("pushed")); err != nil {
		return err
	}
	got, err := c.hear()
	return wants("pushed", got, err)
}

// calls wants a message to be answered by a backend.
func (c *client) calls() error {
	got, err := c.ask(`{"action":"call"}`)
	return wants("called", got, err)
}
