exports.handler = async event => ({ statusCode: 200, body: `first ${event.requestContext.routeKey}` });
