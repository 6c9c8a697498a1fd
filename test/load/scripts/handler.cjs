// The functions behind the routes $connect and mock in serverless-offline.
module.exports.connect = async () => ({ statusCode: 200 });
module.exports.mock = async () => ({ statusCode: 200, body: "r".repeat(64) });
