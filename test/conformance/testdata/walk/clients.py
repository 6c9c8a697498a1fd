"""The clients of AWS that are held against the control plane: boto3 and the AWS CLI."""

import contextlib
import datetime
import io
import json
import logging
import os
import re
import sys
import tempfile

import boto3
import botocore
from botocore import xform_name
from botocore.exceptions import ClientError

from steps import V1, V2

CLIENTS = {service: boto3.client(service) for service in (V1, V2)}
FAULTS = []


def fault(text, *arguments):
    FAULTS.append(text % arguments)


def model(service, operation):
    return CLIENTS[service].meta.service_model.operation_model(operation)


class Refusal(Exception):
    def __init__(self, code, message):
        super().__init__("%s: %s" % (code, message))
        self.code, self.message = code, message


class Boto3:
    """Calls operations with boto3, and holds what it decodes against the service model."""

    def call(self, service, operation, arguments):
        try:
            answer = getattr(CLIENTS[service], xform_name(operation))(**arguments)
        except ClientError as error:
            raise Refusal(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error
        wanted = model(service, operation).http.get("responseCode", 200)
        metadata = answer.pop("ResponseMetadata")
        if metadata["HTTPStatusCode"] != wanted or not metadata.get("RequestId"):
            fault("%s: the answer is %s, expected status %d and a request id", operation, metadata, wanted)
        shape = model(service, operation).output_shape
        if shape:
            check(operation, shape, answer)
        return answer

    def pages(self, service, operation, arguments, size):
        """The pages of a list."""
        paginator = CLIENTS[service].get_paginator(xform_name(operation))
        return list(paginator.paginate(PaginationConfig={"PageSize": size}, **arguments))


PYTHON = {"string": str, "integer": int, "long": int, "boolean": bool, "double": (int, float), "timestamp": datetime.datetime}


def check(where, shape, value):
    """The types of a value against its shape, and its texts against the shape's words."""
    if shape.type_name == "structure":
        for name, one in value.items():
            check(where + "." + name, shape.members[name], one)
    elif shape.type_name == "list":
        for one in value:
            check(where + "[]", shape.member, one)
    elif shape.type_name == "map":
        for key, one in value.items():
            check(where + "." + key, shape.value, one)
    elif not isinstance(value, PYTHON[shape.type_name]):
        fault("%s is %r, in the service model a %s", where, value, shape.type_name)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        fault("%s is %r, in the service model one of %s", where, value, shape.enum)


class CLI:
    """Calls operations with the code of the AWS CLI, in this process: a start of it takes longer than a call."""

    # What the CLI calls otherwise, because its own option has the name.
    RENAMED = {"--version": "--api-version"}

    def __init__(self):
        from awscli.clidriver import create_clidriver

        self.driver = create_clidriver()

    def call(self, service, operation, arguments):
        words = [service, xform_name(operation, "-")]
        with tempfile.TemporaryDirectory() as folder:
            for name, value in arguments.items():
                words += self.option("--" + xform_name(name, "-"), value, folder)
            if model(service, operation).has_streaming_output:
                words.append(os.path.join(folder, "out"))
            out, complaints = self.run(words)
        found = re.search(r"An error occurred \((\w+)\)[^:]*: (.*)", complaints, re.DOTALL)
        if found:
            raise Refusal(found[1], found[2].strip())
        if complaints.strip():
            fault("aws %s: %s", " ".join(words), complaints)
        return json.loads(out) if out.strip() else {}

    def pages(self, service, operation, arguments, size):
        """Everything that a list has: the CLI turns the pages by itself."""
        return [self.call(service, operation, dict(arguments, pageSize=size))]

    def option(self, name, value, folder):
        name = self.RENAMED.get(name, name)
        if isinstance(value, bool):
            return [name if value else name.replace("--", "--no-", 1)]
        if isinstance(value, bytes):  # a file reads the same in all versions of the CLI
            path = os.path.join(folder, "body")
            with open(path, "wb") as file:
                file.write(value)
            return [name, "fileb://" + path]
        return [name, value if isinstance(value, str) else json.dumps(value)]

    def run(self, words):
        out, complaints = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaints):
            try:
                self.driver.main(words)
            except SystemExit as stopped:
                print(stopped, file=sys.stderr)
        return out.getvalue(), complaints.getvalue()


class Complaints(logging.Handler):
    """What botocore warns of, such as a time that it cannot read."""

    def emit(self, record):
        fault("%s complains: %s", record.name, record.getMessage())


# The first version that knows what is walked here.
FIRST = (1, 43)
SKIPPED = 77


def main(run):
    """Runs something with the client that the command line names, and the operations of the standard input."""
    if tuple(map(int, botocore.__version__.split(".")[:2])) < FIRST:
        print("botocore %s is too old, this needs %d.%d" % (botocore.__version__, *FIRST))
        raise SystemExit(SKIPPED)
    logging.getLogger("botocore").addHandler(Complaints(logging.WARNING))
    run({"boto3": Boto3, "cli": CLI}[sys.argv[1]](), json.load(sys.stdin))
    if FAULTS:
        raise SystemExit("\n".join(FAULTS))
