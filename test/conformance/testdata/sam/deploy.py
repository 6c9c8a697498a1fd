"""Expands a SAM template and makes its API Gateway resources as CloudFormation would, through boto3.

Usage: deploy.py TEMPLATE. Prints the physical ids of all resources, by their names in the template, as JSON.
"""

import json
import re
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "000000000000", "AWS::URLSuffix": "amazonaws.com"}
# What Ref of each type is: "Return values" of the resource in the CloudFormation template reference.
REF = {"Api": "ApiId", "Stage": "StageName", "DomainName": "DomainName"}

client = boto3.client("apigatewayv2")


def expand(template):
    return Translator({}, Parser()).translate(template, {}, get_managed_policy_map=dict)["Resources"]


def names(value):
    """The resources that a value refers to."""
    if isinstance(value, list):
        return set().union(*map(names, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(names, value.values()))
    if "Ref" in value:
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(value["Fn::GetAtt"][0])
    return found


def listed(value):
    return value if isinstance(value, list) else [value]


class Stack:
    def __init__(self, resources):
        self.resources = resources
        self.ids = {}

    def make_all(self):
        for name in self.resources:
            self.make(name)
        return self.ids

    def make(self, name):
        """Makes a resource, once, after those that it needs."""
        if name in self.ids or name not in self.resources:
            return
        resource = self.resources[name]
        properties = resource.get("Properties", {})
        for needed in sorted(names(properties)) + listed(resource.get("DependsOn", [])):
            self.make(needed)
        _, service, kind = resource["Type"].split("::")
        if service != "ApiGatewayV2":
            self.ids[name] = name
            return
        create = getattr(client, "create_" + re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower())
        made = create(**self.resolve(properties))
        self.ids[name] = made[REF.get(kind, kind + "Id")]

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref":
                return PSEUDO.get(argument) or self.ids[argument]
            if function == "Fn::GetAtt":
                return self.attribute(argument[0], argument[1])
            if function == "Fn::Join":
                return argument[0].join(self.resolve(argument[1]))
            if function == "Fn::Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                own = self.resolve(own)
                return re.sub(r"\$\{([^}]+)\}", lambda found: own.get(found[1]) or PSEUDO[found[1]], text)
        return {key: self.resolve(one) for key, one in value.items()}

    def attribute(self, name, attribute):
        if self.resources[name]["Type"] == "AWS::Lambda::Function" and attribute == "Arn":
            return "arn:aws:lambda:us-east-1:000000000000:function:" + name
        raise SystemExit("no attribute %s of %s" % (attribute, name))


with open(sys.argv[1]) as file:
    print(json.dumps(Stack(expand(json.load(file))).make_all()))
