"""Echo, who am I, and a message to one connection."""

import json

import boto3


def handler(event, _context):
    context = event["requestContext"]
    if context["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    answer = ACTIONS.get(context["routeKey"], unknown)
    post(context, context["connectionId"], answer(context, event.get("body") or ""))
    return {"statusCode": 200}


def post(context, connection_id, message):
    """Send a message; False if nobody is there any more."""
    api = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{context['domainName']}/{context['stage']}",
    )
    try:
        api.post_to_connection(ConnectionId=connection_id, Data=json.dumps(message).encode())
    except api.exceptions.GoneException:
        return False
    return True


def echo(_context, body):
    return {"type": "echo", "text": json.loads(body).get("text")}


def who(context, _body):
    return {"type": "you", "id": context["connectionId"]}


def tell(context, body):
    message = json.loads(body)
    said = {"type": "said", "from": context["connectionId"], "text": message.get("text")}
    return {"type": "told" if post(context, message["to"], said) else "gone"}


def unknown(_context, body):
    return {"type": "error", "text": "there is echo, who and tell", "body": body}


ACTIONS = {"echo": echo, "who": who, "tell": tell}
