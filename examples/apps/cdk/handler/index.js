const { ApiGatewayManagementApiClient, PostToConnectionCommand } = require("@aws-sdk/client-apigatewaymanagementapi");

// post sends a message to a connection; false if nobody is there any more.
async function post({ domainName, stage }, id, message) {
  const api = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  try {
    await api.send(new PostToConnectionCommand({ ConnectionId: id, Data: JSON.stringify(message) }));
    return true;
  } catch (error) {
    if (error.name === "GoneException") return false;
    throw error;
  }
}

const actions = {
  echo: (_context, { text }) => ({ type: "echo", text }),
  who: ({ connectionId }) => ({ type: "you", id: connectionId }),
  tell: async (context, { to, text }) => {
    const there = await post(context, to, { type: "said", from: context.connectionId, text });
    return { type: there ? "told" : "gone" };
  },
};

exports.handler = async (event) => {
  const { connectionId, eventType, routeKey } = event.requestContext;
  if (eventType !== "MESSAGE") return { statusCode: 200 };
  const action = actions[routeKey];
  const answer = action
    ? await action(event.requestContext, JSON.parse(event.body))
    : { type: "error", text: "there is echo, who and tell" };
  await post(event.requestContext, connectionId, answer);
  return { statusCode: 200 };
};
