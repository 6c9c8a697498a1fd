exports.handler = async (event) => {
  console.log('somebody at the door');
  return { principalId: 'me', policyDocument: { Version: '2012-10-17', Statement: [{ Action: '*', Effect: 'Allow', Resource: event.methodArn }] } };
};
