resource "aws_apigatewayv2_api" "chat" {
  name                         = var.changed ? "chat-2" : "chat"
  protocol_type                = "WEBSOCKET"
  route_selection_expression   = var.changed ? "$request.body.service" : "$request.body.action"
  api_key_selection_expression = var.changed ? "$request.header.x-api-key" : "$context.authorizer.usageIdentifierKey"
  description                  = var.changed ? null : "a room for everybody"
  version                      = var.changed ? null : "1.0"
  disable_execute_api_endpoint = var.changed
  ip_address_type              = var.changed ? "dualstack" : "ipv4"
  tags                         = var.changed ? { team = "blue", kept = "yes" } : { team = "red", kept = "yes", gone = "soon" }
}

resource "aws_apigatewayv2_authorizer" "door" {
  api_id                     = aws_apigatewayv2_api.chat.id
  name                       = var.changed ? "door-2" : "door"
  authorizer_type            = "REQUEST"
  authorizer_uri             = "${local.invocations}:${var.changed ? "door2" : "door"}/invocations"
  authorizer_credentials_arn = var.changed ? null : "arn:aws:iam::000000000000:role/door"
  identity_sources           = var.changed ? ["route.request.querystring.token", "stageVariables.color"] : ["route.request.header.Auth"]
}

resource "aws_apigatewayv2_authorizer" "hall" {
  api_id           = aws_apigatewayv2_api.chat.id
  name             = "hall"
  authorizer_type  = "REQUEST"
  authorizer_uri   = "${local.invocations}:hall/invocations"
  identity_sources = var.changed ? null : ["context.identity.sourceIp"]
}

resource "aws_apigatewayv2_model" "message" {
  api_id       = aws_apigatewayv2_api.chat.id
  name         = "message"
  content_type = "application/json"
  description  = var.changed ? null : "what people say"
  schema = jsonencode({
    "$schema"  = "http://json-schema.org/draft-04/schema#"
    type       = "object"
    properties = { text = { type = "string", maxLength = var.changed ? 2000 : 1000 } }
    required   = ["text"]
  })
}

resource "aws_apigatewayv2_model" "label" {
  api_id       = aws_apigatewayv2_api.chat.id
  name         = var.changed ? "label2" : "label"
  content_type = var.changed ? "application/vnd.label+json" : "application/json"
  schema       = jsonencode({ type = "object" })
}

# Routes of the three reserved kinds, and one more.

resource "aws_apigatewayv2_route" "connect" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_key          = "$connect"
  authorization_type = var.changed ? "NONE" : "CUSTOM"
  authorizer_id      = var.changed ? null : aws_apigatewayv2_authorizer.door.id
  api_key_required   = !var.changed
  operation_name     = var.changed ? null : "enter"
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"

  request_parameter {
    request_parameter_key = "route.request.header.Auth"
    required              = var.changed
  }

  dynamic "request_parameter" {
    for_each = var.changed ? [] : ["route.request.querystring.room", "route.request.querystring.a b/c"]
    content {
      request_parameter_key = request_parameter.value
      required              = true
    }
  }
}

resource "aws_apigatewayv2_route" "disconnect" {
  api_id    = aws_apigatewayv2_api.chat.id
  route_key = "$disconnect"
  target    = "integrations/${var.changed ? aws_apigatewayv2_integration.mock.id : aws_apigatewayv2_integration.private.id}"
}

resource "aws_apigatewayv2_route" "default" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "$default"
  route_response_selection_expression = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.mock.id}"
}

resource "aws_apigatewayv2_route" "say" {
  api_id                     = aws_apigatewayv2_api.chat.id
  route_key                  = var.changed ? "room/say it" : "say"
  operation_name             = var.changed ? "shout" : "say"
  model_selection_expression = var.changed ? "$request.body.kind" : "$request.body.action"
  request_models             = { say = var.changed ? aws_apigatewayv2_model.label.name : aws_apigatewayv2_model.message.name }
  target                     = "integrations/${aws_apigatewayv2_integration.web.id}"
}

resource "aws_apigatewayv2_route_response" "default" {
  api_id                     = aws_apigatewayv2_api.chat.id
  route_id                   = aws_apigatewayv2_route.default.id
  route_response_key         = "$default"
  model_selection_expression = var.changed ? null : "$default"
  response_models            = { "$default" = var.changed ? aws_apigatewayv2_model.label.name : aws_apigatewayv2_model.message.name }
}
