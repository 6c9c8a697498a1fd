// Command bootstrap is a Lambda function behind a WebSocket API: echo, who am I, and a message to one connection.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

// message is what clients send and get.
type message struct {
	Action string `json:"action,omitempty"`
	Type   string `json:"type,omitempty"`
	To     string `json:"to,omitempty"`
	From   string `json:"from,omitempty"`
	ID     string `json:"id,omitempty"`
	Text   string `json:"text,omitempty"`
}

var done = events.APIGatewayProxyResponse{StatusCode: http.StatusOK}

func handle(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	if event.RequestContext.EventType != "MESSAGE" {
		return done, nil
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return done, err
	}
	api := apigatewaymanagementapi.NewFromConfig(settings, func(o *apigatewaymanagementapi.Options) {
		o.BaseEndpoint = aws.String(fmt.Sprintf("https://%s/%s", event.RequestContext.DomainName, event.RequestContext.Stage))
	})
	me := event.RequestContext.ConnectionID
	answer, err := answer(ctx, api, me, event.Body)
	if err != nil {
		return done, err
	}
	_, err = post(ctx, api, me, answer)
	return done, err
}

func answer(ctx context.Context, api *apigatewaymanagementapi.Client, me, body string) (message, error) {
	var asked message
	if err := json.Unmarshal([]byte(body), &asked); err != nil {
		return message{Type: "error", Text: "a message is JSON"}, nil
	}
	switch asked.Action {
	case "echo":
		return message{Type: "echo", Text: asked.Text}, nil
	case "who":
		return message{Type: "you", ID: me}, nil
	case "tell":
		there, err := post(ctx, api, asked.To, message{Type: "said", From: me, Text: asked.Text})
		if !there {
			return message{Type: "gone"}, err
		}
		return message{Type: "told"}, err
	}
	return message{Type: "error", Text: "there is echo, who and tell"}, nil
}

// post sends a message; false if nobody is there any more.
func post(ctx context.Context, api *apigatewaymanagementapi.Client, id string, m message) (bool, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	_, err = api.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: data})
	var gone *types.GoneException
	if errors.As(err, &gone) {
		return false, nil
	}
	return err == nil, err
}

func main() { lambda.Start(handle) }
