# What somebody deletes behind Terraform's back.
resource "aws_apigatewayv2_api" "other" {
  name                       = "other"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_route" "other" {
  api_id    = aws_apigatewayv2_api.other.id
  route_key = "$default"
}
