#!/bin/sh
# Deploys the chat with the AWS CLI: to Gangway after `eval "$(gangway env)"`, to AWS otherwise.
# Usage: deploy.sh BACKEND-URL [STAGE]      for example: deploy.sh http://127.0.0.1:9000/events
set -eu

backend=${1:?usage: deploy.sh BACKEND-URL [STAGE]}
stage=${2:-prod}

# One member of what an apigatewayv2 operation answers.
ask() {
	member=$1
	shift
	aws apigatewayv2 "$@" --query "$member" --output text
}

api=$(ask ApiId create-api --name chat --protocol-type WEBSOCKET \
	--route-selection-expression '$request.body.action')

# HTTP requests do not say whose connection they are about: two mapped headers do.
integration=$(ask IntegrationId create-integration --api-id "$api" --integration-type HTTP_PROXY \
	--integration-method POST --integration-uri "$backend" --request-parameters '{
		"integration.request.header.connectionId": "context.connectionId",
		"integration.request.header.routeKey": "context.routeKey"
	}')

for key in '$connect' '$disconnect' join say leave '$default'; do
	ask RouteId create-route --api-id "$api" --route-key "$key" --target "integrations/$integration" >/dev/null
done

# The answer to "who" goes back to the client, because this route has a route response.
who=$(ask RouteId create-route --api-id "$api" --route-key who --target "integrations/$integration" \
	--route-response-selection-expression '$default')
ask RouteResponseId create-route-response --api-id "$api" --route-id "$who" --route-response-key '$default' >/dev/null

deployment=$(ask DeploymentId create-deployment --api-id "$api")
ask StageName create-stage --api-id "$api" --stage-name "$stage" --deployment-id "$deployment" >/dev/null

url=$(ask ApiEndpoint get-api --api-id "$api")/$stage
echo "API id:     $api"
echo "Clients:    $url"
echo "Management: http${url#ws}"
