package program_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
	"gangway/internal/metrics"
	"gangway/internal/program"
	"gangway/internal/usage"
)

// chat is a message of so many bytes, or a little more, of which one member says where it goes.
func chat(size int) []byte {
	const frame = `{"action":"join","data":{"room":"room1234","text":""}}`
	return []byte(frame[:len(frame)-3] + strings.Repeat("hello, ", max(size-len(frame), 0)/7+1) + frame[len(frame)-3:])
}

// BenchmarkSelect shows that the time to find a route does not grow with their number.
func BenchmarkSelect(b *testing.B) {
	for _, size := range []int{64, 107, 16 << 10, 128<<10 - 8} {
		for _, routes := range []int{1, 30, 300} {
			b.Run(fmt.Sprintf("%d bytes/%d routes", size, routes), func(b *testing.B) {
				keys := []string{"join"}
				for i := 1; i < routes; i++ {
					keys = append(keys, fmt.Sprint("route", i))
				}
				p, body := compile(b, mockAPI("$request.body.action", keys...), program.Env{}), chat(size)
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					if p.Select(body) == nil {
						b.Fatal("no route")
					}
				}
			})
		}
	}
}

// BenchmarkMessage has all that the gateway itself does for a message that it answers itself, from the payload of its frame to
// the reply and the numbers: ids, route, the buckets of stage and account, the run, and metrics.
func BenchmarkMessage(b *testing.B) {
	for _, size := range []int{64, 107} {
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			p, payload := compile(b, mockAPI("$request.body.action", "join", "$default"), program.Env{}), chat(size)
			rate, burst := 1e6, 1<<40
			var stage, account usage.Limit
			stage.Set(&rate, &burst)
			account.Set(&rate, &burst)
			numbers := metrics.New(metrics.Config{})
			connection := message("").Connection
			b.ReportAllocs()
			for b.Loop() {
				e := &gateway.Event{Type: gateway.EventMessage, Connection: connection, Time: time.Now(), Body: bytes.Clone(payload)}
				e.RequestID, e.MessageID = gateway.NewMessageIDs()
				route := p.Select(e.Body)
				e.RouteKey = route.Key()
				if !stage.Allow(e.Time) || !account.Allow(e.Time) {
					b.Fatal("throttled")
				}
				record := gateway.Record{Event: e, Status: http.StatusOK}
				reply, err := route.Watch(b.Context(), e, &record)
				if err != nil {
					b.Fatal(err)
				}
				record.Sent, record.Latency = len(reply.Body), time.Since(e.Time)
				numbers.Observe(&record)
			}
		})
	}
}

func BenchmarkSelectLarge(b *testing.B) {
	p := compile(b, mockAPI("$request.body.action", "join", "$default"), program.Env{})
	for name, body := range messages() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if p.Select(body) == nil {
					b.Fatal("no route")
				}
			}
		})
	}
}

// renderedAPI is the snapshot of an API that answers each message itself, with what a template makes of it.
func renderedAPI() *gateway.Snapshot {
	s := mockAPI("$request.body.action", "join")
	s.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": `#set($in = $input.path('$'))` +
		`{"room":"$in.room","by":"$context.connectionId","at":$context.requestTimeEpoch,` +
		`"to":[#foreach($one in $in.to)"$util.escapeJavaScript($one)"#if($foreach.hasNext),#end#end]}`}
	return s
}

// modelledAPI is the snapshot of an API that answers each message that follows a model.
func modelledAPI() *gateway.Snapshot {
	s := mockAPI("$request.body.action", "join")
	s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = "$request.body.action", gateway.Map{"join": "Join"}
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "Join", Schema: `{"type":"object","required":["room"],` +
		`"properties":{"room":{"type":"string","maxLength":64},"to":{"type":"array","items":{"type":"string"}}}}`}}}
	return s
}

// mappedAPI is the snapshot of an API whose messages go to an HTTP backend with ten mapped parameters.
func mappedAPI() *gateway.Snapshot {
	parameters := gateway.Map{"integration.request.path.room": "route.request.body.room"}
	for i, from := range []string{
		"context.connectionId", "context.requestTime", "context.identity.sourceIp", "stageVariables.table", "'text'",
		"route.request.body.action", "route.request.body.to", "context.domainName", "context.stage",
	} {
		parameters[fmt.Sprintf("integration.request.header.X-%d", i)] = from
	}
	return httpAPI("http://backend/rooms/{room}", time.Minute, parameters)
}

// functionAPI is the snapshot of an API whose messages go to a function as events.
func functionAPI() *gateway.Snapshot {
	s := httpAPI("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:chat/invocations",
		time.Minute, nil)
	s.Integrations[0].IntegrationType = gateway.IntegrationAWSProxy
	return s
}

// BenchmarkRun has what the gateway itself does for a message, route by route: the whole of it, but for what is behind net/http.
// Of AWS_PROXY it has the SDK's part as well, and an Invoke API on the loopback interface.
func BenchmarkRun(b *testing.B) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"statusCode":200,"body":"welcome"}`))
	}))
	defer api.Close()
	b.Setenv("AWS_ACCESS_KEY_ID", "")
	client, err := lambda.New(b.Context(), lambda.Config{Region: "us-east-1", Endpoint: api.URL})
	if err != nil {
		b.Fatal(err)
	}
	env := program.Env{HTTP: newCanned("welcome"), Lambda: client, Variables: map[string]string{"table": "t1"}}
	for _, run := range []struct {
		name     string
		snapshot *gateway.Snapshot
	}{
		{"MOCK", mockAPI("$request.body.action", "join")},
		{"MOCK/template", renderedAPI()},
		{"MOCK/model", modelledAPI()},
		{"HTTP_PROXY", roomAPI()},
		{"HTTP_PROXY/mapped", mappedAPI()},
		{"AWS_PROXY", functionAPI()},
	} {
		b.Run(run.name, func(b *testing.B) {
			p := compile(b, run.snapshot, env)
			ev := message(`{"action":"join","room":"lobby","to":["ann","bob"]}`)
			route := p.Select(ev.Body)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := route.Run(context.Background(), ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRender has what a template makes of a message, without a route around it.
func BenchmarkRender(b *testing.B) {
	in := program.RenderInput{Event: message(`{"room":"lobby","to":["ann","bob"]}`)}
	text := renderedAPI().Integrations[0].Responses[0].ResponseTemplates["$default"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := program.Render(text, in); err != nil {
			b.Fatal(err)
		}
	}
}

// ofRoutes is the snapshot of an API with as many routes, each with an integration of its own that has a template and mapped
// parameters, and with a model.
func ofRoutes(count int) *gateway.Snapshot {
	s := mockAPI("$request.body.action")
	s.Models = modelledAPI().Models
	for i := range count {
		one := httpAPI("http://${stageVariables.host}/rooms/{room}", time.Second, gateway.Map{
			"integration.request.path.room": "route.request.body.room", "integration.request.header.id": "context.connectionId",
		})
		settings := &one.Integrations[0].IntegrationSettings
		settings.IntegrationType = gateway.IntegrationHTTP
		settings.RequestTemplates = gateway.Map{"$default": `{"by":"$context.connectionId","said":$input.json('$.said')}`}
		one.Integrations[0].IntegrationID = fmt.Sprintf("i%d", i)
		one.Routes[0].RouteKey = fmt.Sprintf("route%d", i)
		one.Routes[0].Target = gateway.Kept("integrations/" + one.Integrations[0].IntegrationID)
		one.Routes[0].ModelSelectionExpression, one.Routes[0].RequestModels = `\$default`, gateway.Map{"$default": "Join"}
		s.Routes = append(s.Routes, one.Routes...)
		s.Integrations = append(s.Integrations, one.Integrations...)
	}
	return s
}

// BenchmarkCompile shows that the time for a route does not grow with their number, up to as many as API Gateway allows.
func BenchmarkCompile(b *testing.B) {
	for _, count := range []int{30, 75, 150, 300} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			s := ofRoutes(count)
			b.ReportAllocs()
			for b.Loop() {
				compile(b, s, program.Env{Variables: map[string]string{"host": "localhost"}})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/route")
		})
	}
}

// TestCompileGrowsWithItsRoutes: a route of many costs no more objects and no more memory than one of few.
func TestCompileGrowsWithItsRoutes(t *testing.T) {
	const most = 1.2
	objects, bytes := compileCost(t, 30)
	moreObjects, moreBytes := compileCost(t, 300)
	if moreObjects > objects*most || moreBytes > bytes*most {
		t.Errorf("a route of 300 costs %.0f objects and %.0f bytes, one of 30 %.0f and %.0f", moreObjects, moreBytes, objects, bytes)
	}
}

// compileCost is what a route costs to compile, of as many: the least of some tries, for others may allocate meanwhile.
func compileCost(t *testing.T, count int) (objects, bytes float64) {
	t.Helper()
	s := ofRoutes(count)
	for try := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		compile(t, s, program.Env{Variables: map[string]string{"host": "localhost"}})
		runtime.ReadMemStats(&after)
		made, size := float64(after.Mallocs-before.Mallocs)/float64(count), float64(after.TotalAlloc-before.TotalAlloc)/float64(count)
		if try == 0 {
			objects, bytes = made, size
		}
		objects, bytes = min(objects, made), min(bytes, size)
	}
	return objects, bytes
}
