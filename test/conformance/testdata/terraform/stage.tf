resource "aws_apigatewayv2_deployment" "chat" {
  api_id      = aws_apigatewayv2_api.chat.id
  description = var.changed ? "the second" : "the first"

  # Single attributes: in whole resources the provider itself turns what is not set from null to empty when it reads them again.
  triggers = var.imported ? null : {
    redeployment = sha1(jsonencode([aws_apigatewayv2_integration.web.integration_uri, aws_apigatewayv2_route.say.route_key]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_apigatewayv2_route.connect, aws_apigatewayv2_route.disconnect, aws_apigatewayv2_route.default,
    aws_apigatewayv2_route_response.default,
    aws_apigatewayv2_integration_response.default, aws_apigatewayv2_integration_response.missing,
  ]
}

resource "aws_api_gateway_account" "account" {
  cloudwatch_role_arn = "arn:aws:iam::000000000000:role/logs${var.changed ? "2" : ""}"
  reset_on_delete     = true
}

resource "aws_api_gateway_client_certificate" "gateway" {
  description = var.changed ? "shown to nobody" : "shown to backends"
  tags        = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }
}

resource "aws_apigatewayv2_stage" "prod" {
  api_id                = aws_apigatewayv2_api.chat.id
  name                  = "prod"
  deployment_id         = aws_apigatewayv2_deployment.chat.id
  description           = var.changed ? "since the second apply" : "since the first apply"
  client_certificate_id = var.changed ? null : aws_api_gateway_client_certificate.gateway.id
  stage_variables       = var.changed ? { color = "blue" } : { color = "red", gone = "soon" }
  tags                  = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }

  access_log_settings {
    destination_arn = "arn:aws:logs:us-east-1:000000000000:log-group:chat${var.changed ? "2" : ""}"
    format          = var.changed ? "$context.requestId $context.routeKey" : jsonencode({ id = "$context.requestId" })
  }

  default_route_settings {
    data_trace_enabled       = !var.changed
    detailed_metrics_enabled = !var.changed
    logging_level            = var.changed ? "INFO" : "ERROR"
    throttling_burst_limit   = var.changed ? 1111 : 2222
    throttling_rate_limit    = var.changed ? 9999.5 : 8888
  }

  route_settings {
    route_key              = "$connect"
    throttling_burst_limit = var.changed ? 20 : 10
    throttling_rate_limit  = var.changed ? 200.5 : 100
  }

  dynamic "route_settings" {
    for_each = var.changed ? [] : [aws_apigatewayv2_route.say.route_key, "$default"]
    content {
      route_key                = route_settings.value
      data_trace_enabled       = true
      detailed_metrics_enabled = true
      logging_level            = "INFO"
      throttling_burst_limit   = 1
      throttling_rate_limit    = 0.5
    }
  }

  depends_on = [aws_api_gateway_account.account]
}

# A stage that follows the API by itself, as AWS SAM and the AWS CDK make it.
resource "aws_apigatewayv2_stage" "latest" {
  api_id      = aws_apigatewayv2_api.chat.id
  name        = "latest"
  auto_deploy = true

  depends_on = [aws_apigatewayv2_route.connect, aws_apigatewayv2_route.default]
}
