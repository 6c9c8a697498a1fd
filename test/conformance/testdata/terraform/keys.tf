resource "aws_api_gateway_api_key" "client" {
  name        = var.changed ? "client-2" : "client"
  description = var.changed ? "of nobody" : "of somebody"
  enabled     = !var.changed
  customer_id = var.changed ? "c2" : "c1"
  tags        = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }
}

resource "aws_api_gateway_api_key" "chosen" {
  name  = "chosen"
  value = "a value of twenty characters or more"
}

resource "aws_api_gateway_usage_plan" "free" {
  name         = var.changed ? "free-2" : "free"
  description  = var.changed ? "for few" : "for all"
  product_code = var.changed ? null : "MARKET"
  tags         = var.changed ? { team = "blue" } : { team = "red", gone = "soon" }

  api_stages {
    api_id = aws_apigatewayv2_api.chat.id
    stage  = aws_apigatewayv2_stage.prod.name
  }

  dynamic "api_stages" {
    for_each = var.changed ? [] : [aws_apigatewayv2_stage.latest.name]
    content {
      api_id = aws_apigatewayv2_api.chat.id
      stage  = api_stages.value
    }
  }

  dynamic "quota_settings" {
    for_each = var.changed ? [] : ["WEEK"]
    content {
      limit  = 1000
      offset = 2
      period = quota_settings.value
    }
  }

  throttle_settings {
    burst_limit = var.changed ? 6 : 5
    rate_limit  = var.changed ? 10.5 : 10
  }
}

resource "aws_api_gateway_usage_plan_key" "client" {
  key_id        = aws_api_gateway_api_key.client.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.free.id
}
