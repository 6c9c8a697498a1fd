resource "aws_apigatewayv2_domain_name" "chat" {
  domain_name = "chat.example.com"
  tags        = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }

  domain_name_configuration {
    certificate_arn = "${local.certificate}/${var.changed ? "2" : "1"}"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
    ip_address_type = var.changed ? "dualstack" : "ipv4"
  }
}

resource "aws_apigatewayv2_api_mapping" "prod" {
  api_id          = aws_apigatewayv2_api.chat.id
  domain_name     = aws_apigatewayv2_domain_name.chat.id
  stage           = var.changed ? aws_apigatewayv2_stage.latest.name : aws_apigatewayv2_stage.prod.name
  api_mapping_key = var.changed ? null : "v1"
}

# Of version 2, which only integrations of HTTP APIs take.
resource "aws_apigatewayv2_vpc_link" "link" {
  name               = var.changed ? "link-2" : "link"
  subnet_ids         = ["subnet-11111111", "subnet-22222222"]
  security_group_ids = ["sg-11111111"]
  tags               = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }
}
