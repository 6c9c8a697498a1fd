package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
)

// handlers are the functions by name. Each is written as users of aws-lambda-go write theirs; they run in processes of their
// own and share nothing with the tests but what events and results hold.
var handlers = map[string]any{
	"mirror": mirror, "results": results, "chat": chat, "order": takeOrder, "self": self, "push": pushLater,
	"guard": guard,
}

// reflection is what the function mirror has seen.
type reflection struct {
	Event    events.APIGatewayWebsocketProxyRequest
	Function string // the ARN by which it was invoked
	Version  string
	Request  string // its id for Lambda
}

// mirror answers with what it was told.
func mirror(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	seen := reflection{Event: event, Version: lambdacontext.FunctionVersion}
	if of, ok := lambdacontext.FromContext(ctx); ok {
		seen.Function, seen.Request = of.InvokedFunctionArn, of.AwsRequestID
	}
	body, err := json.Marshal(seen)
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: string(body)}, err
}

// self answers with its own name and version.
func self(_ context.Context, _ events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: lambdacontext.FunctionName + " " + lambdacontext.FunctionVersion}, nil
}

// roomsError is an error with a type of its own.
type roomsError struct{ rooms int }

// Error implements error.
func (e *roomsError) Error() string { return fmt.Sprintf("%d rooms are too many", e.rooms) }

// results ends as the client wishes: by the parameter as of the handshake, or the member as of the message.
func results(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (any, error) {
	message := struct{ As string }{event.QueryStringParameters["as"]}
	if event.Body != "" {
		if err := json.Unmarshal([]byte(event.Body), &message); err != nil {
			return nil, err
		}
	}
	switch message.As {
	case "error":
		return nil, errors.New("secret: the table is on fire")
	case "own error":
		return nil, &roomsError{9}
	case "runtime error":
		return nil, messages.InvokeResponse_Error{Type: "Own.Type", Message: "secret"}
	case "panic":
		panic("secret: no such room")
	case "nil map":
		rooms, _ := ctx.Value(room("a")).(map[string]int)
		rooms["a"]++ // which is what the test is about
	case "exit":
		os.Exit(3)
	case "wait":
		<-ctx.Done()
		<-time.After(patience) // and beyond: the sandbox is ended before
	}
	return resultOf(message.As)
}

// resultOf is what the function returns that the client has named.
func resultOf(as string) (any, error) {
	answer := events.APIGatewayProxyResponse{StatusCode: 200, Body: "fine"}
	switch as {
	case "fine":
	case "nothing":
		return nil, nil //nolint:nilnil // a handler may return nothing
	case "text":
		return "fine", nil
	case "number":
		return 200, nil
	case "list":
		return []events.APIGatewayProxyResponse{answer}, nil
	case "zero":
		return events.APIGatewayProxyResponse{}, nil
	case "http api":
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "fine"}, nil
	case "function url":
		return events.LambdaFunctionURLResponse{StatusCode: 200, Body: "fine"}, nil
	case "load balancer":
		return events.ALBTargetGroupResponse{StatusCode: 200, Body: "fine"}, nil
	case "streaming":
		return &events.APIGatewayProxyStreamingResponse{StatusCode: 200, Body: strings.NewReader("fine")}, nil
	case "extra":
		return map[string]any{"statusCode": 200, "body": "fine", "message": "extra"}, nil
	case "object body":
		return map[string]any{"statusCode": 200, "body": map[string]any{"text": "fine"}}, nil
	case "no status":
		return map[string]any{"body": "fine"}, nil
	case "text status":
		return map[string]any{"statusCode": "200", "body": "fine"}, nil
	case "raw":
		return strings.NewReader(`{"statusCode":200,"body":"fine"}`), nil
	case "errorMessage":
		return map[string]any{"errorMessage": "looks like an error", "errorType": "Error"}, nil
	case "empty":
		answer.Body = ""
	case "base64":
		answer.Body, answer.IsBase64Encoded = "aMOp", true
	case "bytes":
		answer.Body, answer.IsBase64Encoded = "AP/+", true
	case "no base64":
		answer.Body, answer.IsBase64Encoded = "?", true
	case "headers":
		answer.Headers = map[string]string{"Sec-WebSocket-Protocol": "chat", "X-Own": "secret"}
		answer.MultiValueHeaders = map[string][]string{"X-Several": {"a", "b"}}
	case "128 KB":
		answer.Body = strings.Repeat("x", 128<<10)
	case "more":
		answer.Body = strings.Repeat("x", 128<<10+1)
	case "6 MB":
		answer.Body = strings.Repeat("x", 7<<20)
	default:
		_, err := fmt.Sscanf(as, "status %d", &answer.StatusCode)
		return answer, err
	}
	return answer, nil
}

// order is what the request template of a custom integration makes of a message.
type order struct {
	Item, Connection string
	Count            int
}

// takeOrder is a function that knows nothing of API Gateway.
func takeOrder(_ context.Context, wanted order) (map[string]any, error) {
	switch {
	case wanted.Item == "unicorn":
		return nil, errors.New("unknown item: unicorn")
	case wanted.Count > 9:
		return nil, &roomsError{wanted.Count}
	case wanted.Count < 0:
		panic("a negative count")
	case wanted.Item == "":
		return nil, nil //nolint:nilnil // a handler may return nothing
	}
	return map[string]any{"item": wanted.Item, "total": 3 * wanted.Count, "for": wanted.Connection}, nil
}

// errand is what a function does that nobody waits for.
type errand struct{ Domain, Stage, Connection, Text string }

// pushLater tells the client itself.
func pushLater(ctx context.Context, to errand) error {
	pushes, err := callback(ctx, events.APIGatewayWebsocketProxyRequestContext{DomainName: to.Domain, Stage: to.Stage})
	if err != nil {
		return err
	}
	_, err = pushes.PostToConnection(ctx, &management.PostToConnectionInput{ConnectionId: &to.Connection, Data: []byte(to.Text)})
	return err
}
