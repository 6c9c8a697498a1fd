# A function with all that a function of an account without versions and layers can have, and an API that calls it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "changed" {
  type    = bool
  default = false
}

resource "aws_lambda_function" "echo" {
  function_name                  = "echo"
  description                    = var.changed ? "says it again, and louder" : "says it again"
  role                           = "arn:aws:iam::000000000000:role/echo"
  runtime                        = "python3.12"
  handler                        = "app.handler"
  filename                       = "${path.module}/echo.zip"
  source_code_hash               = filebase64sha256("${path.module}/echo.zip")
  timeout                        = var.changed ? 20 : 10
  memory_size                    = var.changed ? 512 : 256
  reserved_concurrent_executions = var.changed ? -1 : 5
  tags                           = var.changed ? { team = "b", new = "1" } : { team = "a", old = "1" }

  environment {
    variables = { LOUD = var.changed ? "yes" : "no" }
  }
  ephemeral_storage {
    size = var.changed ? 1024 : 512
  }
  tracing_config {
    mode = var.changed ? "Active" : "PassThrough"
  }
  dynamic "vpc_config" {
    for_each = var.changed ? [] : [0]
    content {
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
    }
  }
  dynamic "dead_letter_config" {
    for_each = var.changed ? [0] : []
    content {
      target_arn = "arn:aws:sqs:us-east-1:000000000000:dead"
    }
  }
}

# Nothing is said here that need not be.
resource "aws_lambda_function" "plain" {
  function_name = "plain"
  role          = "arn:aws:iam::000000000000:role/echo"
  runtime       = "python3.12"
  handler       = "app.handler"
  filename      = "${path.module}/echo.zip"
}

resource "aws_lambda_permission" "echo" {
  statement_id  = "gateway"
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
  api_id           = aws_apigatewayv2_api.echo.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.echo.invoke_arn
}

resource "aws_apigatewayv2_route" "default" {
  api_id                              = aws_apigatewayv2_api.echo.id
  route_key                           = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.echo.id}"
  route_response_selection_expression = "$default"
}

resource "aws_apigatewayv2_route_response" "default" {
  api_id             = aws_apigatewayv2_api.echo.id
  route_id           = aws_apigatewayv2_route.default.id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_deployment" "echo" {
  api_id     = aws_apigatewayv2_api.echo.id
  depends_on = [aws_apigatewayv2_route_response.default]
}

resource "aws_apigatewayv2_stage" "prod" {
  api_id        = aws_apigatewayv2_api.echo.id
  deployment_id = aws_apigatewayv2_deployment.echo.id
  name          = "prod"
}

data "aws_lambda_function" "echo" {
  function_name = aws_lambda_function.echo.function_name
}

output "url" {
  value = "${aws_apigatewayv2_api.echo.api_endpoint}/${aws_apigatewayv2_stage.prod.name}"
}

output "agreements" {
  value = {
    hash    = data.aws_lambda_function.echo.code_sha256 == aws_lambda_function.echo.code_sha256
    invoke  = data.aws_lambda_function.echo.invoke_arn == aws_lambda_function.echo.invoke_arn
    timeout = data.aws_lambda_function.echo.timeout == aws_lambda_function.echo.timeout
  }
}
