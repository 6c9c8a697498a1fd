exports.handler = async (event) => ({
  statusCode: 200, body: process.env.GREETING + (process.env.API === event.requestContext.apiId ? '' : ' another API'),
});
