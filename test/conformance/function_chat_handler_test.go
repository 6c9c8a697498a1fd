package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

// room is who is in the chat: a folder with a file for each connection, in the place of the table that samples have.
type room string

func openRoom() room { return room(os.Getenv("ROOM")) }

// file is the connection's; its id has no slash in it.
func (r room) file(connection string) string { return filepath.Join(string(r), connection) }

// connections are the ids of who is there, by name.
func (r room) connections() (map[string]string, error) {
	files, err := os.ReadDir(string(r))
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, file := range files {
		name, err := os.ReadFile(r.file(file.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // who has just left
		}
		if err != nil {
			return nil, err
		}
		ids[string(name)] = file.Name()
	}
	return ids, nil
}

// chat is an app of one function: the routes $connect, $disconnect, $default and the custom ones say, leave and kick.
func chat(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	there, me := openRoom(), event.RequestContext.ConnectionID
	switch event.RequestContext.RouteKey {
	case "$connect":
		name := event.QueryStringParameters["name"]
		if name == "" {
			return events.APIGatewayProxyResponse{StatusCode: 403, Body: "who are you?"}, nil
		}
		return fine(), os.WriteFile(there.file(me), []byte(name), 0o600)
	case "$disconnect":
		return fine(), os.Remove(there.file(me))
	case "$default":
		return events.APIGatewayProxyResponse{StatusCode: 400, Body: "no such action"}, nil
	}
	answer, err := act(ctx, there, event)
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: answer}, err
}

func fine() events.APIGatewayProxyResponse { return events.APIGatewayProxyResponse{StatusCode: 200} }

// callback is the Management API of the stage that an event came from.
func callback(ctx context.Context, of events.APIGatewayWebsocketProxyRequestContext) (*management.Client, error) {
	loaded, err := config.LoadDefaultConfig(ctx)
	return management.NewFromConfig(loaded, func(o *management.Options) {
		o.BaseEndpoint = aws.String("http://" + of.DomainName + "/" + of.Stage)
	}), err
}

// act does what a message wants, and says what became of it.
func act(ctx context.Context, there room, event events.APIGatewayWebsocketProxyRequest) (string, error) {
	var message struct{ To, Text string }
	if err := json.Unmarshal([]byte(event.Body), &message); err != nil {
		return "", err
	}
	ids, err := there.connections()
	if err != nil {
		return "", err
	}
	pushes, err := callback(ctx, event.RequestContext)
	if err != nil {
		return "", err
	}
	if event.RequestContext.RouteKey == "kick" {
		_, err := pushes.DeleteConnection(ctx, &management.DeleteConnectionInput{ConnectionId: aws.String(ids[message.To])})
		return "kicked", err
	}
	var sent, gone []string
	for name, id := range ids {
		_, err := pushes.PostToConnection(ctx, &management.PostToConnectionInput{ConnectionId: &id, Data: []byte(message.Text)})
		if _, left := errors.AsType[*managementtypes.GoneException](err); left {
			gone = append(gone, name)
			err = os.Remove(there.file(id))
		} else {
			sent = append(sent, name)
		}
		if err != nil {
			return "", err
		}
	}
	slices.Sort(sent)
	return fmt.Sprintf("sent to %s, gone %s", strings.Join(sent, " "), strings.Join(gone, " ")), nil
}
