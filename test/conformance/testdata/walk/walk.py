"""Walks through the control plane with a real client and says what is not as it should be.

Usage: walk.py boto3|cli < OPERATIONS, where OPERATIONS is a JSON list of {"service", "name", "excuse"}.
"""

import datetime
import re

from clients import CLIENTS, Refusal, fault, main, model
from steps import REFUSED, STEPS


class Walk:
    def __init__(self, client):
        self.client = client
        self.kept = {"today": datetime.datetime.now(datetime.timezone.utc).date().isoformat()}
        self.walked = set()  # (service, operation)
        self.given = set()  # (service, operation, parameter)
        self.written = {}  # the last answer of a create or an update, by service and noun

    def fill(self, value):
        if isinstance(value, dict):
            return {self.fill(name): self.fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if isinstance(value, bytes):
            return self.fill(value.decode()).encode()
        if isinstance(value, str):
            return re.sub(r"<(\w+)>", lambda found: self.kept[found[1]], value)
        return value

    def take(self, step):
        arguments, wanted = self.fill(step.arguments), self.fill(step.want)
        self.given |= {(step.service, step.operation, name) for name in arguments}
        try:
            answer = self.client.call(step.service, step.operation, arguments)
        except Refusal as refusal:
            if refusal.code != step.error:
                fault("%s %s: %s, expected %s", step.operation, arguments, refusal, step.error or "success")
            return
        if step.error:
            fault("%s %s: success, expected %s", step.operation, arguments, step.error)
        self.walked.add((step.service, step.operation))
        for name, value in arguments.items():
            if name in answer and name not in step.silent and not agrees(value, answer[name]):
                fault("%s: %s was sent as %r, and shown as %r", step.operation, name, value, answer[name])
        for name in expected(step, arguments) - set(answer):
            fault("%s: %s was sent, and is not shown: %s", step.operation, name, answer)
        for name, value in wanted.items():
            if answer.get(name) != value:
                fault("%s: %s is %r, expected %r", step.operation, name, answer.get(name), value)
        self.remember(step, answer)
        for name, member in step.keep.items():
            value = answer
            for part in member.split("."):
                value = value[int(part) if part.isdigit() else part]
            self.kept[name] = value

    def remember(self, step, answer):
        """What is read must be what was written."""
        verb, noun = re.match(r"(Create|Update|Get|Generate)?(.*)", step.operation).groups()
        if verb in ("Create", "Update", "Generate"):
            self.written[step.service, noun] = dict(answer)
            return
        if verb != "Get" or (step.service, noun) not in self.written:
            return
        for name, value in self.written.pop((step.service, noun)).items():
            hidden = noun == "ApiKey" and name == "value" and not step.arguments.get("includeValue")
            changed = name in self.fill(step.want) or name == "LastUpdatedDate"
            if not hidden and not changed and answer.get(name) != value:
                fault("%s: %s is %r, and was written as %r", step.operation, name, answer.get(name), value)


def expected(step, arguments):
    """Arguments that a created or updated object must show."""
    if step.error or not re.match("Create|Update|Generate", step.operation):
        return set()
    shape = model(step.service, step.operation).output_shape
    return {name for name, value in arguments.items() if name in shape.members and name not in step.silent and value not in ("", False)}


def agrees(sent, shown):
    """What is shown is what was sent: of an object at least these members."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and agrees(value, shown[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(agrees, sent, shown))
    return sent == shown


# Parameters that no step gives.
UNGIVEN = {"NextToken", "position"}  # given page by page in pages.py


def want_everything(walk, operations):
    for operation in operations:
        at = operation["service"], operation["name"]
        if operation["excuse"] or at[0] not in CLIENTS:
            continue
        if at not in walk.walked:
            fault("%s of %s is served, and was not walked", at[1], at[0])
            continue
        shape = model(*at).input_shape
        for name in shape.members if shape else ():
            if at + (name,) not in walk.given and name not in UNGIVEN:
                fault("%s of %s: parameter %s was never given", at[1], at[0], name)


def sample(shape):
    """The smallest value that the client lets pass."""
    if shape.type_name == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member)] * shape.metadata.get("min", 1)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
    return {"integer": max(1, shape.metadata.get("min", 1)), "boolean": True, "blob": b"x", "double": 1.0}[shape.type_name]


def want_refusals(walk, operations):
    """What is not served says so: an error that no client retries, and that says why."""
    served = {(operation["service"], operation["name"]) for operation in operations if not operation["excuse"]}
    count = 0
    for service in CLIENTS:
        for name in CLIENTS[service].meta.service_model.operation_names:
            if (service, name) in served:
                continue
            count += 1
            shape = model(service, name).input_shape
            try:
                walk.client.call(service, name, sample(shape) if shape else {})
                fault("%s of %s: success, though it is not served", name, service)
            except Refusal as refusal:
                if refusal.code != REFUSED or "is not served by Gangway: " not in refusal.message:
                    fault("%s of %s: %s, expected a %s that says why it is not served", name, service, refusal, REFUSED)
    return count


def run(client, operations):
    walk = Walk(client)
    for step in STEPS:
        walk.take(step)
    want_everything(walk, operations)
    refusals = want_refusals(walk, operations)
    print("%d operations walked in %d steps, %d refused" % (len(walk.walked), len(STEPS), refusals))


main(run)
