// The Node.js runtime: loads the handler and takes invocations from the Runtime API, as AWS's runtime of the same name does.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const url = require('node:url');
const util = require('node:util');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const extensions = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

let current; // id of the invocation under way
let loading = true; // until the handler is there
let whenIdle; // what to do once the event loop is empty

function ask(method, route, body, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      agent, host, port, method, path: '/2018-06-01/runtime/' + route,
      headers: { 'User-Agent': 'gangway-runtime/Node.js ' + process.versions.node, ...headers },
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }));
    });
    request.setNoDelay(true);
    request.on('error', reject);
    request.end(body);
  });
}

// An error of the runtime's own, which has a type that its class does not tell.
function typed(type, message, cause) {
  const error = new Error(message);
  error.name = type;
  error.stack = cause && cause.stack ? cause.stack : type + ': ' + message;
  return error;
}

function describe(reason) {
  if (!util.types.isNativeError(reason) && !(reason && reason.message && reason.stack)) {
    return { errorType: typeof reason, errorMessage: String(reason), trace: [] };
  }
  return { errorType: reason.name, errorMessage: reason.message, trace: String(reason.stack).split('\n').filter((line) => !line.includes(__filename)) };
}

const still = new Int32Array(new SharedArrayBuffer(4));

// Writes all of a buffer before it returns: streams keep what a full pipe does not take, and lose it when the process exits.
function put(fd, buffer) {
  for (let at = 0; at < buffer.length;) {
    try {
      at += fs.writeSync(fd, buffer, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return; // nobody reads anymore
      Atomics.wait(still, 0, 0, 1); // until the pipe has been read from
    }
  }
}

// The streams write that way, too, so that nothing changes places with what the console writes.
for (const [name, fd] of [['stdout', 1], ['stderr', 2]]) {
  const { get } = Object.getOwnPropertyDescriptor(process, name);
  let stream;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (!stream) {
        stream = get.call(process);
        stream._writev = null;
        stream._write = (part, encoding, callback) => {
          put(fd, typeof part === 'string' ? Buffer.from(part, encoding) : part);
          callback();
        };
      }
      return stream;
    },
  });
}

function write(fd, level, text) {
  put(fd, Buffer.from(new Date().toISOString() + '\t' + (current || 'undefined') + '\t' + level + '\t' + text + '\n'));
}

const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
for (const [name, level] of Object.entries(levels)) {
  const fd = name === 'error' || name === 'warn' || name === 'trace' ? 2 : 1;
  console[name] = (...args) => write(fd, level, util.format(...args));
}

// Tells of an error: to the log in full, to the caller by the Runtime API.
async function report(title, reason) {
  const said = describe(reason);
  const summary = said.errorType + ': ' + said.errorMessage;
  const stack = said.trace.join('\n');
  write(2, 'ERROR', title + '\t' + (stack.startsWith(summary) ? stack : (summary + '\n' + stack).trimEnd()));
  const route = loading ? 'init/error' : 'invocation/' + current + '/error';
  await ask('POST', route, JSON.stringify(said), {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Function-Error-Type': encodeURI(said.errorType),
  });
}

function fatal(reason, code) {
  if (!loading && current === undefined) { // of no invocation, and the connection is taken by the wait for the next
    write(2, 'ERROR', 'Uncaught Exception\t' + util.inspect(reason));
    process.exit(code);
  }
  report('Uncaught Exception', reason).finally(() => process.exit(code));
}

process.on('uncaughtException', (error) => fatal(error, 129));
process.on('unhandledRejection', (reason) => {
  const message = util.types.isNativeError(reason) ? reason.toString() : String(reason);
  fatal(typed('Runtime.UnhandledPromiseRejection', message, reason), 128);
});
process.on('beforeExit', () => {
  const next = whenIdle;
  whenIdle = undefined;
  if (next) next();
});

function find(base) {
  for (const extension of extensions) {
    const file = base + extension;
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
  }
  throw typed('Runtime.ImportModuleError', "Error: Cannot find module '" + path.basename(base) + "' in " + path.dirname(base));
}

function isModule(file) {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
    if (folder === path.dirname(folder)) return false;
  }
}

async function load(file) {
  if (isModule(file)) return import(url.pathToFileURL(file).href);
  try {
    return require(file);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return import(url.pathToFileURL(file).href);
  }
}

// The stack of a syntax error in an ECMAScript module does not say where it is; a check of the file does.
function locate(error, file) {
  if (String(error.stack).startsWith(file)) return error;
  const check = require('node:child_process').spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', env: {} });
  const where = (check.stderr || '').split('\n\nNode.js')[0];
  return where.startsWith('file:') || where.startsWith(file) ? { stack: where.trimEnd() } : error;
}

async function findHandler() {
  const name = process.env._HANDLER;
  const match = /^([^.]*)\.(.+)$/.exec(path.basename(name));
  if (!match) throw typed('Runtime.MalformedHandlerName', 'Bad handler ' + name);
  const file = find(path.resolve(process.env.LAMBDA_TASK_ROOT, path.dirname(name), match[1]));
  let exported;
  try {
    exported = await load(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw typed('Runtime.UserCodeSyntaxError', error.toString(), locate(error, file));
    if (error && /MODULE_NOT_FOUND$/.test(error.code)) throw typed('Runtime.ImportModuleError', error.toString(), error);
    throw error;
  }
  const walk = (from) => match[2].split('.').reduce((value, key) => value && value[key], from);
  const handler = walk(exported) || walk(exported.default);
  if (handler === undefined) throw typed('Runtime.HandlerNotFound', name + ' is undefined or not exported by ' + file);
  if (typeof handler !== 'function') throw typed('Runtime.HandlerNotFound', name + ' is not a function in ' + file);
  const wanted = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV);
  if (wanted && Number(wanted[1]) >= 24 && handler.length >= 3) {
    throw typed('Runtime.CallbackHandlerDeprecated', name + ' has a callback: Node.js 24 on Lambda has only asynchronous handlers');
  }
  return handler;
}

function newContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// Calls the handler. What counts first: its promise, its callback, or an event loop in which nothing can happen anymore.
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    let answered = false;
    const settle = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    const callback = (error, value) => {
      if (answered) return;
      answered = true;
      if (context.callbackWaitsForEmptyEventLoop) whenIdle = () => settle(error, value);
      else setImmediate(settle, error, value);
    };
    context.done = (error, value) => {
      context.callbackWaitsForEmptyEventLoop = false;
      callback(error, value);
    };
    context.succeed = (value) => context.done(null, value);
    context.fail = (error) => context.done(error === undefined ? 'handled' : error);
    const result = handler(event, context, callback);
    if (result && typeof result.then === 'function') {
      whenIdle = () => reject(typed('Runtime.NodeJsExit', 'the promise of the handler was never settled, and nothing is left that could do it'));
      result.then(resolve, reject);
    } else if (!answered) {
      whenIdle = () => resolve(null);
    }
  }).finally(() => { whenIdle = undefined; });
}

async function work(handler) {
  const next = await ask('GET', 'invocation/next');
  if (next.status !== 200) throw new Error('invocation/next: ' + next.status + ' ' + next.text);
  current = next.headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
  let body;
  try {
    body = JSON.stringify(await call(handler, JSON.parse(next.text), newContext(next.headers)));
  } catch (error) {
    await report('Invoke Error', error);
    current = undefined;
    return;
  }
  await ask('POST', 'invocation/' + current + '/response', body === undefined ? 'null' : body, { 'Content-Type': 'application/json' });
  current = undefined;
}

globalThis.awslambda = {
  streamifyResponse: () => () => { throw new Error('responses are not streamed here'); },
};

async function main() {
  let handler;
  try {
    handler = await findHandler();
  } catch (error) {
    await report('Uncaught Exception', error);
    process.exit(1);
  }
  loading = false;
  for (;;) await work(handler);
}

main();
