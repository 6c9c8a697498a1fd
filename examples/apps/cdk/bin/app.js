// Echo, who am I, and a message to one connection.
const path = require("node:path");
const { App, CfnOutput, Duration, Stack } = require("aws-cdk-lib");
const { WebSocketApi, WebSocketStage } = require("aws-cdk-lib/aws-apigatewayv2");
const { WebSocketLambdaIntegration } = require("aws-cdk-lib/aws-apigatewayv2-integrations");
const { Code, Function, Runtime } = require("aws-cdk-lib/aws-lambda");

class EchoStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);

    const echo = new Function(this, "Echo", {
      runtime: Runtime.NODEJS_22_X,
      handler: "index.handler",
      code: Code.fromAsset(path.join(__dirname, "../handler")),
      timeout: Duration.seconds(10),
    });
    const route = (name) => ({ integration: new WebSocketLambdaIntegration(`${name}Integration`, echo) });

    const api = new WebSocketApi(this, "Api", {
      apiName: "echo",
      connectRouteOptions: route("Connect"),
      disconnectRouteOptions: route("Disconnect"),
      defaultRouteOptions: route("Default"),
    });
    for (const name of ["echo", "who", "tell"]) api.addRoute(name, route(name));
    const stage = new WebSocketStage(this, "Prod", { webSocketApi: api, stageName: "prod", autoDeploy: true });
    api.grantManageConnections(echo);

    new CfnOutput(this, "WebSocketURI", { value: stage.url, description: "Where clients connect." });
  }
}

new EchoStack(new App({ analyticsReporting: false, stackTraces: false, treeMetadata: false }), "EchoStack");
