// A client has said something: tell it to everybody, and forget those who are gone without a word.
const { DynamoDBClient, DeleteItemCommand, paginateScan } = require("@aws-sdk/client-dynamodb");
const { ApiGatewayManagementApiClient, PostToConnectionCommand } = require("@aws-sdk/client-apigatewaymanagementapi");

const db = new DynamoDBClient();
const TableName = process.env.TABLE_NAME;

async function everybody() {
  const ids = [];
  for await (const page of paginateScan({ client: db }, { TableName, ProjectionExpression: "connectionId" })) {
    ids.push(...page.Items.map((item) => item.connectionId.S));
  }
  return ids;
}

exports.handler = async (event) => {
  const { domainName, stage } = event.requestContext;
  const api = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  const Data = String(JSON.parse(event.body).data);

  await Promise.all((await everybody()).map(async (id) => {
    try {
      await api.send(new PostToConnectionCommand({ ConnectionId: id, Data }));
    } catch (error) {
      if (error.name !== "GoneException") throw error;
      await db.send(new DeleteItemCommand({ TableName, Key: { connectionId: { S: id } } }));
    }
  }));
  return { statusCode: 200, body: "Data sent." };
};
