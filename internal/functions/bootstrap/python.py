"""The Python runtime: loads the handler and takes invocations from the Runtime API, as AWS's runtime of the same name does."""

import ast  # traceback loads this and tokenize only when it shows an error
import importlib
import json
import logging
import os
import socket
import sys
import time
import tokenize
import traceback


class Api:
    """The Runtime API over one connection; http.client takes longer to import than most handlers."""

    def __init__(self):
        self.host = os.environ["AWS_LAMBDA_RUNTIME_API"]
        host, port = self.host.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        self.agent = "gangway-runtime/Python %d.%d.%d" % sys.version_info[:3]

    def ask(self, method, route, body=b"", **headers):
        lines = [
            "%s /2018-06-01/runtime/%s HTTP/1.1" % (method, route),
            "Host: " + self.host,
            "User-Agent: " + self.agent,
            "Content-Length: %d" % len(body),
        ]
        lines += [name.replace("_", "-") + ": " + value for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode() + body)
        status = int(self.reader.readline().split()[1])
        answer = {}
        while True:
            line = self.reader.readline().decode().strip()
            if not line:
                break
            name, _, value = line.partition(":")
            answer[name.lower()] = value.strip()
        return status, answer, self.reader.read(int(answer.get("content-length", 0)))


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        if "lambda-runtime-client-context" in headers:
            self.client_context = ClientContext(json.loads(headers["lambda-runtime-client-context"]))
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


class ClientContext:
    """What a caller tells of itself."""

    def __init__(self, said):
        self.custom = said.get("custom")
        self.env = said.get("env")
        self.client = said.get("client")


class Handler(logging.Handler):
    """Writes what is logged with the id of the request."""

    request = ""

    def __init__(self):
        super().__init__()
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record):
        record.aws_request_id = Handler.request
        sys.stdout.write(self.format(record) + "\n")


class Refusal(Exception):
    """An error of the runtime's own: with the type and the places to report."""

    def __init__(self, kind, message, trace):
        super().__init__(message)
        self.kind, self.trace = kind, trace


def places(error):
    """Where an error comes from, without the frames of this file and of the import system."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([f for f in frames if f.filename != __file__ and "importlib" not in f.filename])


def describe(error, request):
    kind, trace = type(error).__name__, None
    if isinstance(error, Refusal):
        kind, trace = error.kind, error.trace
    return {
        "errorMessage": str(error),
        "errorType": kind,
        "requestId": request,
        "stackTrace": places(error) if trace is None else trace,
    }


def report(api, route, error, request=""):
    said = describe(error, request)
    text = "[ERROR] %s: %s" % (said["errorType"], said["errorMessage"])
    if said["stackTrace"]:
        text += "\nTraceback (most recent call last):\n" + "".join(said["stackTrace"])
    sys.stderr.write(text.rstrip("\n") + "\n")
    api.ask("POST", route, json.dumps(said).encode(), Lambda_Runtime_Function_Error_Type=said["errorType"])


def find_handler():
    name = os.environ["_HANDLER"]
    module_name, _, function = name.rpartition(".")
    if not module_name:
        raise Refusal("Runtime.MalformedHandlerName", "Bad handler '%s'" % name, [])
    module_name = module_name.lstrip("./").replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except SyntaxError as e:
        place = '  File "%s", line %s\n    %s\n' % (e.filename, e.lineno, (e.text or "").strip())
        raise Refusal("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, e), [place]) from e
    except ImportError as e:
        raise Refusal("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, e), places(e)) from e
    if not hasattr(module, function):
        message = "Handler '%s' missing on module '%s' (%s)" % (function, module_name, module.__file__)
        raise Refusal("Runtime.HandlerNotFound", message, [])
    return getattr(module, function)


def encode(value):
    """Numbers of DynamoDB are decimals."""
    if type(value).__name__ == "Decimal":
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def marshal(value):
    try:
        return json.dumps(value, default=encode).encode()
    except (TypeError, ValueError) as e:
        raise Refusal("Runtime.MarshalError", "Unable to marshal response: %s" % e, []) from e


def work(api, handler):
    status, headers, event = api.ask("GET", "invocation/next")
    if status != 200:
        sys.exit("invocation/next: %d %s" % (status, event.decode()))
    request = Handler.request = headers["lambda-runtime-aws-request-id"]
    os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
    try:
        body = marshal(handler(json.loads(event), Context(headers)))
    except Exception as e:  # whatever a handler raises
        report(api, "invocation/%s/error" % request, e, request)
        return
    api.ask("POST", "invocation/%s/response" % request, body)


def find_modules():
    """Lets modules be found, now that everything needed here is loaded: none of the function's can stand in for it."""
    os.environ["PYTHONPATH"] = os.environ.pop("GANGWAY_PYTHONPATH")
    folders = [os.environ["LAMBDA_TASK_ROOT"], *os.environ["PYTHONPATH"].split(os.pathsep)]
    sys.path[:1] = [folder for folder in dict.fromkeys(folders) if folder]  # the first was the folder of this file


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    logging.getLogger().addHandler(Handler())
    api = Api()
    find_modules()
    try:
        handler = find_handler()
    except Exception as e:  # whatever a module raises
        report(api, "init/error", e)
        sys.exit(1)
    while True:
        work(api, handler)


if __name__ == "__main__":
    main()
