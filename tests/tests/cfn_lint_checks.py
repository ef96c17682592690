"""Writes what is planned as CloudFormation templates, one for each account and region, and holds them against cfn-lint: every error
is one. Run by cfn_lint.rs: cfn_lint_checks.py FOLDER, which holds plans as `charter preview --json` shows them."""

import hashlib
import json
import pathlib
import re
import sys

from cfnlint import api, core
from cfnlint.config import ManualArgs

# Errors that are none: (rule, part of the message, why, with the document that says so).
DECLARED = [
    ("E1020", "ValueParametersImagesNullNullPreExtractionHookConfiguration",
     "one expression says whether there is a hook: what it makes, a map, is not taken apart here"),
]

# What Ref gives of a type ("Return values" of its page in the CloudFormation template reference). By a Ref cfn-lint follows one
# resource to the other, and holds them against each other; by the same text written twice it does not.
REFERENCES = {"AWS::IAM::Role": "RoleName", "AWS::RDS::DBCluster": "DBClusterIdentifier", "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
              "AWS::Logs::LogGroup": "LogGroupName"}

# What makes a list in an expression, and what makes a text out of one.
LIST, TEXTS = re.compile(r"\.map\(|\? \[|\] \+ "), ("join(", "sha256(", "toJson(")


def is_secret(value):
    return isinstance(value, dict) and "$secret" in value or isinstance(value, list) and any(map(is_secret, value))


def visible(value):
    """Without what is kept from the plan: values of write-only properties."""
    if isinstance(value, dict):
        return {name: visible(each) for name, each in value.items() if not is_secret(each)}
    return [visible(each) for each in value] if isinstance(value, list) else value


def logical(address):
    return "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", address))


class Template:
    """The template of one account and region."""

    def __init__(self):
        self.parameters, self.resources = {}, {}

    def parameter(self, text, bindings=None):
        """A value that nobody can tell before the template is deployed, and that is no attribute of a resource in it. What the names
        in it stand for tells two of the same text apart: instances of one block."""
        of = hashlib.sha256(json.dumps([text, bindings], sort_keys=True).encode()).hexdigest()[:8]
        name = "Value" + logical(text)[:200] + of
        kind = "CommaDelimitedList" if LIST.search(text) and not text.startswith(TEXTS) else "String"
        self.parameters[name] = {"Type": kind, "Description": f"of the expression {text}"[:4000]}
        return {"Ref": name}


class Writer:
    """Writes the properties of resources: what stands in the plan as an expression becomes Fn::GetAtt, Ref or a parameter."""

    def __init__(self, template, operations, place, others):
        self.template, self.place, self.others = template, place, others
        self.types = {each["address"]: each for each in operations}

    def value(self, node):
        if "value" in node:
            return visible(node["value"])
        if "map" in node:
            return {name: self.value(each) for name, each in node["map"].items() if not is_secret(each.get("value"))}
        if "list" in node:
            return [self.value(each) for each in node["list"]]
        if "interpolation" in node:
            parts = [self.value(each) for each in node["interpolation"]]
            if all(isinstance(part, (str, int, float)) for part in parts):
                return "".join(str(part) for part in parts)
            return {"Fn::Join": ["", [part if isinstance(part, dict) else str(part) for part in parts]]}
        if "expression" in node:
            return self.expression(node["expression"]["text"], node["expression"]["bindings"])
        raise AssertionError(f"a template of an unknown kind: {sorted(node)}")

    def expression(self, text, bindings):
        text = text.strip()
        if text.startswith("[") and text.endswith("]"):
            return [self.expression(each, bindings) for each in text[1:-1].split(",")]
        at = re.fullmatch(r"(.+)\[(\d+)\]", text)
        if at:
            whole = self.expression(at[1], bindings)
            return whole[int(at[2])] if isinstance(whole, list) else {"Fn::Select": [at[2], whole]}
        if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", text):
            return self.path(text.split("."), bindings, text)
        # What a list is made into is no attribute of the resource that has the list.
        if ".map(" in text:
            return self.template.parameter(text, bindings)
        # Which branch is taken is known where only one has what it needs.
        found = [(name, path) for name, path in re.findall(r"\b([A-Za-z_]\w*)((?:\.\w+)+)", text) if "resource" in bindings.get(name, {})]
        if len(set(found)) == 1:
            name, path = found[0]
            return self.path([name, *path[1:].split(".")], bindings, text)
        return self.template.parameter(text, bindings)

    def path(self, parts, bindings, text):
        binding = bindings[parts[0]]
        for place, part in enumerate(parts[1:], 1):
            if "resource" in binding:
                return self.attribute(binding["resource"], parts[place:])
            if "members" not in binding:
                break
            binding = binding["members"][part]
        if "template" in binding:
            return self.value(binding["template"])
        return self.template.parameter(text, bindings)

    def attribute(self, address, path):
        other = self.types.get(address)
        if other and place_of(other) == self.place and path == [REFERENCES.get(other["type"])]:
            return {"Ref": logical(address)}
        if other and path[0] in other["next"]["inputs"]:
            known = other["next"]["inputs"]
            for part in path:
                known = known[part]
            if not (isinstance(known, dict) and "$unknown" in known or is_secret(known)):
                return visible(known)
        if address in self.others or other and (other["type"].startswith("Charter::") or place_of(other) != self.place):
            # Not of this template: its value would be handed in.
            return self.template.parameter(f"{address}.{'.'.join(path)}")
        return {"Fn::GetAtt": [logical(address), ".".join(path)]}


def place_of(operation):
    return (operation["placement"]["account"], operation["placement"]["region"])


def templates(plan):
    """Each place with its template."""
    found = {}
    operations = [each for each in plan["operations"] if each["kind"]["kind"] == "create"]
    # What is there already is not made by the template.
    others = {each["address"] for each in plan["steps"]} - {each["address"] for each in operations}
    for operation in operations:
        if operation["type"].startswith("Charter::"):
            continue
        place = place_of(operation)
        template = found.setdefault(place, Template())
        properties = Writer(template, operations, place, others).value(operation["properties"])
        template.resources[logical(operation["address"])] = {"Type": operation["type"], "Properties": properties}
    for place, template in found.items():
        yield place, {"AWSTemplateFormatVersion": "2010-09-09", "Resources": template.resources,
                      **({"Parameters": template.parameters} if template.parameters else {})}


def main(folder):
    files, resources, errors, met = 0, 0, 0, set()
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        plan = json.loads(path.read_text())
        for (account, region), template in templates(plan):
            files, resources = files + 1, resources + len(template["Resources"])
            text = json.dumps(template, indent=1)
            for match in api.lint(text, config=ManualArgs(regions=[region])):
                if not match.rule.id.startswith("E"):
                    continue
                declared = [rule for rule in DECLARED if rule[0] == match.rule.id and rule[1] in match.message]
                met.update(declared)
                if not declared:
                    errors += 1
                    print(f"{path.name} {account} {region}: {match.rule.id} {match.message}")
                    print(f"    {text.splitlines()[match.linenumber - 1].strip()}")
    print(f"cfn-lint: {resources} resources in {files} templates, {errors} errors, {len(met)} of {len(DECLARED)} declared exceptions met")
    return 1 if errors or not resources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
