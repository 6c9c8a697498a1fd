# Echo, who am I, and a message to one connection: an API, and the function that answers.

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

variable "role_arn" {
  type        = string
  default     = "arn:aws:iam::000000000000:role/echo"
  description = "What the function runs as on AWS: a role with AWSLambdaBasicExecutionRole, and execute-api:ManageConnections on the API."
}

provider "aws" {
  region = var.region
}

resource "aws_lambda_function" "echo" {
  function_name    = "echo"
  role             = var.role_arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = "${path.module}/handler.zip"
  source_code_hash = filebase64sha256("${path.module}/handler.zip")
  timeout          = 10
}

resource "aws_lambda_permission" "echo" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.echo.execution_arn}/*"
}

resource "aws_apigatewayv2_api" "echo" {
  name                       = "echo"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "echo" {
  api_id             = aws_apigatewayv2_api.echo.id
  integration_type   = "AWS_PROXY"
  integration_method = "POST"
  integration_uri    = aws_lambda_function.echo.invoke_arn
}

resource "aws_apigatewayv2_route" "echo" {
  for_each  = toset(["$connect", "$disconnect", "$default", "echo", "who", "tell"])
  api_id    = aws_apigatewayv2_api.echo.id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.echo.id}"
}

resource "aws_apigatewayv2_deployment" "echo" {
  api_id = aws_apigatewayv2_api.echo.id
  triggers = {
    definitions = sha1(jsonencode([
      aws_apigatewayv2_integration.echo.integration_uri,
      { for key, route in aws_apigatewayv2_route.echo : key => route.target },
    ]))
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "prod" {
  api_id        = aws_apigatewayv2_api.echo.id
  deployment_id = aws_apigatewayv2_deployment.echo.id
  name          = "prod"
}

output "url" {
  description = "Where clients connect."
  value       = "${aws_apigatewayv2_api.echo.api_endpoint}/${aws_apigatewayv2_stage.prod.name}"
}
