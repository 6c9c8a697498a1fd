# Echo, who am I, and a message to one connection. The API is made here. The function is one that exists, by its ARN, or a
# program that answers HTTP, by its URL.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "apigateway_endpoint" {
  type        = string
  default     = null
  description = "Where the control plane of API Gateway is, if it is not where it always is."
}

variable "function_arn" {
  type        = string
  default     = null
  description = "The Lambda function that answers."
}

variable "backend_url" {
  type        = string
  default     = "http://127.0.0.1:9000"
  description = "The HTTP server that answers, where there is no function."
}

provider "aws" {
  region = var.region

  # Somewhere else there is no account to ask about.
  skip_credentials_validation = var.apigateway_endpoint != null
  skip_requesting_account_id  = var.apigateway_endpoint != null
  skip_metadata_api_check     = var.apigateway_endpoint != null
  skip_region_validation      = var.apigateway_endpoint != null

  dynamic "endpoints" {
    for_each = var.apigateway_endpoint[*]
    content {
      apigateway   = endpoints.value
      apigatewayv2 = endpoints.value
    }
  }
}

locals {
  invocation = "arn:aws:apigateway:${var.region}:lambda:path/2015-03-31/functions/${coalesce(var.function_arn, "none")}/invocations"
}

resource "aws_apigatewayv2_api" "echo" {
  name                       = "echo"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "echo" {
  api_id             = aws_apigatewayv2_api.echo.id
  integration_type   = var.function_arn == null ? "HTTP_PROXY" : "AWS_PROXY"
  integration_method = "POST"
  integration_uri    = var.function_arn == null ? var.backend_url : local.invocation
}

resource "aws_apigatewayv2_route" "echo" {
  for_each  = toset(["$connect", "$disconnect", "$default", "echo", "who", "tell"])
  api_id    = aws_apigatewayv2_api.echo.id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.echo.id}"
}

resource "aws_apigatewayv2_stage" "prod" {
  api_id      = aws_apigatewayv2_api.echo.id
  name        = "prod"
  auto_deploy = true
  depends_on  = [aws_apigatewayv2_route.echo]
}

resource "aws_lambda_permission" "echo" {
  count         = var.function_arn == null || var.apigateway_endpoint != null ? 0 : 1
  action        = "lambda:InvokeFunction"
  function_name = var.function_arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.echo.execution_arn}/*"
}

output "url" {
  description = "Where clients connect."
  value       = "${aws_apigatewayv2_api.echo.api_endpoint}/${aws_apigatewayv2_stage.prod.name}"
}
