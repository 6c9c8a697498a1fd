const words = require('./words');
console.log('loaded');
exports.handler = async (event) => {
  console.log('heard ' + event.body);
  console.error('and thought');
  return { statusCode: 200, body: words.answer + ' ' + process.env._X_AMZN_TRACE_ID.slice(0, 5) };
};
