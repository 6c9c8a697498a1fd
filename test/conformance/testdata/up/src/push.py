import boto3


def handler(event, context):
    c = event["requestContext"]
    client = boto3.client("apigatewaymanagementapi", endpoint_url=f"https://{c['domainName']}/{c['stage']}")
    client.post_to_connection(ConnectionId=c["connectionId"], Data=b"pushed over TLS")
    return {"statusCode": 200}
