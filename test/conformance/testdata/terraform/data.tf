data "aws_apigatewayv2_api" "chat" {
  api_id = aws_apigatewayv2_api.chat.id
}

data "aws_apigatewayv2_apis" "chats" {
  name          = aws_apigatewayv2_api.chat.name
  protocol_type = "WEBSOCKET"
  tags          = { kept = "yes" }
}

data "aws_apigatewayv2_vpc_link" "link" {
  vpc_link_id = aws_apigatewayv2_vpc_link.link.id
}

data "aws_api_gateway_api_key" "client" {
  id = aws_api_gateway_api_key.client.id
}

data "aws_api_gateway_vpc_link" "private" {
  name = aws_api_gateway_vpc_link.private.name
}

# What is read as data is what was made; each of these is true, or nothing is well.
output "agreements" {
  value = {
    api      = data.aws_apigatewayv2_api.chat.name == aws_apigatewayv2_api.chat.name
    endpoint = data.aws_apigatewayv2_api.chat.api_endpoint == aws_apigatewayv2_api.chat.api_endpoint
    apis     = data.aws_apigatewayv2_apis.chats.ids == toset([aws_apigatewayv2_api.chat.id])
    link     = data.aws_apigatewayv2_vpc_link.link.subnet_ids == aws_apigatewayv2_vpc_link.link.subnet_ids
    key      = nonsensitive(data.aws_api_gateway_api_key.client.value == aws_api_gateway_api_key.client.value)
    private  = data.aws_api_gateway_vpc_link.private.id == aws_api_gateway_vpc_link.private.id
  }
}

output "other" {
  value = aws_apigatewayv2_api.other.id
}
