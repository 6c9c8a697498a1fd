exports.answer = 'yes';
