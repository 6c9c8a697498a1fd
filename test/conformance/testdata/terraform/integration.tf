resource "aws_apigatewayv2_integration" "mock" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_type              = "MOCK"
  passthrough_behavior          = var.changed ? "NEVER" : "WHEN_NO_MATCH"
  template_selection_expression = "\\$default"
  request_templates             = { "$default" = jsonencode({ statusCode = var.changed ? 201 : 200 }) }
}

resource "aws_apigatewayv2_integration" "web" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_type              = "HTTP"
  integration_method            = var.changed ? "PUT" : "POST"
  integration_uri               = var.changed ? "https://backend.example.com/2" : "https://backend.example.com/1"
  description                   = var.changed ? null : "the old backend"
  timeout_milliseconds          = var.changed ? 50 : 28999
  content_handling_strategy     = var.changed ? "CONVERT_TO_BINARY" : "CONVERT_TO_TEXT"
  passthrough_behavior          = var.changed ? "WHEN_NO_TEMPLATES" : "WHEN_NO_MATCH"
  credentials_arn               = var.changed ? "arn:aws:iam::000000000000:role/web2" : "arn:aws:iam::000000000000:role/web"
  template_selection_expression = var.changed ? "\\$default" : "$request.body.action"
  request_templates             = var.changed ? { "$default" = "{}", say = "$input.path('$.text')" } : { say = "$input.body" }
  request_parameters = var.changed ? {
    "integration.request.header.kept" = "stageVariables.color"
    } : {
    "integration.request.header.kept"      = "context.connectionId"
    "integration.request.querystring.gone" = "'soon'"
  }
}

# A function and the API that invokes it: the form that Amazon's own examples have.
resource "aws_apigatewayv2_integration" "function" {
  api_id           = aws_apigatewayv2_api.chat.id
  integration_type = "AWS_PROXY"
  integration_uri  = "${local.invocations}:chat${var.changed ? "2" : ""}/invocations"
}

# Private backends of WebSocket APIs are behind a VPC link of version 1.
resource "aws_api_gateway_vpc_link" "private" {
  name        = var.changed ? "private-2" : "private"
  description = var.changed ? "behind the wall" : "in the cellar"
  target_arns = ["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/private/0123456789abcdef"]
  tags        = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }
}

resource "aws_apigatewayv2_integration" "private" {
  api_id             = aws_apigatewayv2_api.chat.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "http://private.example.com${var.changed ? "/2" : "/"}"
  connection_type    = "VPC_LINK"
  connection_id      = aws_api_gateway_vpc_link.private.id
}

resource "aws_apigatewayv2_integration_response" "default" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_id                = aws_apigatewayv2_integration.mock.id
  integration_response_key      = "$default"
  content_handling_strategy     = var.changed ? "CONVERT_TO_BINARY" : "CONVERT_TO_TEXT"
  template_selection_expression = var.changed ? null : "\\$default"
  response_templates            = { "$default" = var.changed ? "second" : "first" }
}

resource "aws_apigatewayv2_integration_response" "missing" {
  api_id                   = aws_apigatewayv2_api.chat.id
  integration_id           = aws_apigatewayv2_integration.web.id
  integration_response_key = var.changed ? "/5\\d\\d/" : "/404/"
}
