"""Expands SAM templates with the transform that AWS itself uses.

Usage: expand.py FOLDER. Prints {file: {"template": …}} as JSON, {"error": …} for a template that the transform refuses.
"""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

results = {}
for name in sorted(os.listdir(sys.argv[1])):
    with open(os.path.join(sys.argv[1], name)) as file:
        template = yaml_parse(file)
    try:
        expanded = Translator({}, Parser()).translate(template, {}, get_managed_policy_map=dict)
        results[name] = {"template": json.dumps(expanded, default=str)}
    except InvalidDocumentException as e:
        results[name] = {"error": e.message + "".join(c.message for c in e.causes)}
print(json.dumps(results))
