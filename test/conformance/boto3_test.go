package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gangway/internal/node"
)

// session is a program of a user of boto3.
const session = `
import os, sys
import boto3

endpoint, connection = sys.argv[1], sys.argv[2]
control = boto3.client("apigatewayv2")
pushes = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)

def raises(error, call, **arguments):
    try:
        call(**arguments)
    except error as caught:
        return caught
    raise SystemExit("%s did not raise %s" % (call, error))

api = control.create_api(Name="boto3", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
assert api["ResponseMetadata"]["HTTPStatusCode"] == 201, api
assert api["CreatedDate"].tzinfo is not None, api
for key in "abc":
    control.create_route(ApiId=api["ApiId"], RouteKey=key)
pages = list(control.get_paginator("get_routes").paginate(ApiId=api["ApiId"], PaginationConfig={"PageSize": 2}))
assert [len(page["Items"]) for page in pages] == [2, 1], pages
raises(control.exceptions.NotFoundException, control.get_api, ApiId="abcdef1234")
raises(control.exceptions.ConflictException, control.create_route, ApiId=api["ApiId"], RouteKey="a")
raises(control.exceptions.BadRequestException, control.create_route, ApiId=api["ApiId"], RouteKey="$own")

answer = pushes.post_to_connection(ConnectionId=connection, Data=b"hello")
assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200, answer
info = pushes.get_connection(ConnectionId=connection)
assert info["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "alice"}, info
assert info["ConnectedAt"] <= info["LastActiveAt"], info
raises(pushes.exceptions.PayloadTooLargeException, pushes.post_to_connection, ConnectionId=connection, Data=b"x" * (128 * 1024 + 1))
deleted = pushes.delete_connection(ConnectionId=connection)
assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204, deleted
gone = raises(pushes.exceptions.GoneException, pushes.post_to_connection, ConnectionId=connection, Data=b"late")
assert gone.response["ResponseMetadata"]["HTTPStatusCode"] == 410, gone.response
raises(pushes.exceptions.GoneException, pushes.get_connection, ConnectionId=connection)
raises(pushes.exceptions.GoneException, pushes.delete_connection, ConnectionId=connection)
elsewhere = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint + "-not")
raises(elsewhere.exceptions.ForbiddenException, elsewhere.post_to_connection, ConnectionId=connection, Data=b"x")
print("done")
`

// TestBoto3 drives control plane and Management API with boto3, the SDK for Python.
func TestBoto3(t *testing.T) {
	python := tool(t, "python3")
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: boto3 is not installed, so nothing is known about it here: %s", out)
	}
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{})
	api := sdkAPI(t, s.controlSDK(), away.URL)
	alice := connectTo(t, away, *api.ApiEndpoint+"/prod")
	id, _ := away.connectionID("alice")
	file := filepath.Join(t.TempDir(), "session.py")
	must(t, os.WriteFile(file, []byte(session), 0o600))
	command := exec.CommandContext(t.Context(), python, file, s.httpData()+"/"+*api.ApiId+"/prod", id)
	command.Env = s.environment(t.TempDir())
	if out, err := command.CombinedOutput(); err != nil || string(out) != "done\n" {
		t.Fatalf("boto3: %v: %s", err, out)
	}
	wantItem(t, alice, "hello")
	wantItem(t, alice, "close 1000 ")
}
