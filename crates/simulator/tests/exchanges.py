"""Holds what went over the wire against AWS's service models, with botocore: a reader that shares no code with Charter or the
simulator. Run by `cargo xtask test` over what the tests recorded: exchanges.py FOLDER; and by exchanges.rs: exchanges.py --self-check.

Requests: decoded back into parameters by the protocol, checked by botocore's ParamValidator (types, what is required) and by the
model's lengths, ranges, patterns, enums and unions, which botocore leaves to the service; then serialised by botocore again, which
must give the same request. Answers: no member that the model does not have, each of its type; parsed by botocore, and the result
checked like parameters. Errors: a code of the operation or one that every service says, with the model's status and members.
"""

import base64
import io
import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

import botocore.session
import regex
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator

from exchanges_known import COMMON_ERRORS, KNOWN, NOT_SIMULATED

SESSION = botocore.session.Session()
MODELS = {}
# Of the protocol, of the SDKs and of the transport: no model names them.
OTHER_HEADERS = {
    "x-amz-date", "x-amz-content-sha256", "x-amz-user-agent", "x-amz-target", "x-amz-api-version", "x-amz-trailer", "x-amzn-query-mode",
    "x-amz-decoded-content-length", "x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amzn-errortype", "x-amzn-query-error",
    # The CLI and boto3 say with it how they compute checksums; the members of the model say the same.
    "x-amz-sdk-checksum-algorithm",
}


def model_of(service):
    if service not in MODELS:
        MODELS[service] = SESSION.get_service_model(service)
    return MODELS[service]


class Findings(list):
    """What is wrong with one exchange: (where, constraint)."""

    def add(self, where, constraint):
        self.append((where, constraint))


# --- requests back into parameters --------------------------------------------------------------------------------------------


class Unreadable(Exception):
    pass


def wire_name(shape, name):
    return shape.serialization.get("name", name)


def scalar(shape, text, where, findings):
    """A text of a query, an XML element, a header or a label, as a parameter."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "timestamp":
            return parse_timestamp(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError):
        findings.add(where, f"{text!r} is no {kind}")
        return None
    return text


def from_json(shape, node, where, findings):
    """JSON of a request or an answer by its shape; what the shape does not have, or is of another type, is a finding."""
    kind = shape.type_name
    if node is None:
        findings.add(where, "null, where a member that is not there is left out")
        return None
    expected = {"structure": dict, "map": dict, "list": list, "string": str, "blob": str, "boolean": bool, "char": str,
                "integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float, str)}[kind]
    if kind == "structure" and shape.is_document_type:
        return node
    if not isinstance(node, expected) or (isinstance(node, bool) and kind != "boolean"):
        # Numbers that JSON cannot write.
        if not (kind in ("float", "double") and node in ("NaN", "Infinity", "-Infinity")):
            findings.add(where, f"{json.dumps(node)[:60]} is no {kind}")
            return None
    if kind == "structure":
        members = {wire_name(member, name): (name, member) for name, member in shape.members.items()
                   if "location" not in member.serialization}
        for name in node.keys() - members.keys():
            if not (shape.is_tagged_union and name == "__type"):
                findings.add(f"{where}.{name}", f"{shape.name} has no such member")
        return {members[name][0]: from_json(members[name][1], value, f"{where}.{members[name][0]}", findings)
                for name, value in node.items() if name in members}
    if kind == "map":
        return {key: from_json(shape.value, value, f"{where}.{key}", findings) for key, value in node.items()}
    if kind == "list":
        return [from_json(shape.member, value, f"{where}[{place}]", findings) for place, value in enumerate(node)]
    if kind == "timestamp":
        wanted = shape.serialization.get("timestampFormat", "unixTimestamp")
        if isinstance(node, str) == (wanted == "unixTimestamp"):
            findings.add(where, f"{node!r} is not in the format {wanted}")
        return scalar(shape, node, where, findings)
    return scalar(shape, node, where, findings) if kind == "blob" else node


def plain(tag):
    return tag.rpartition("}")[2]


def from_xml(shape, element, where, findings):
    """An element of a request or an answer by its shape."""
    kind = shape.type_name
    if kind == "structure":
        found = {}
        members = {wire_name(member, name): (name, member) for name, member in shape.members.items()
                   if "location" not in member.serialization and not member.serialization.get("xmlAttribute")}
        for name, member in shape.members.items():
            if member.type_name == "list" and member.serialization.get("flattened"):
                members[member.member.serialization.get("name") or wire_name(member, name)] = (name, member)
        for name, member in shape.members.items():
            if member.serialization.get("xmlAttribute"):
                attribute = plain(wire_name(member, name).replace(":", "}"))
                for key, value in element.attrib.items():
                    if plain(key) == attribute:
                        found[name] = scalar(member, value, f"{where}.{name}", findings)
        for child in element:
            tag = plain(child.tag)
            if tag not in members:
                findings.add(f"{where}.{tag}", f"{shape.name} has no such member")
                continue
            name, member = members[tag]
            path = f"{where}.{name}"
            if member.type_name == "list" and member.serialization.get("flattened"):
                each = found.setdefault(name, [])
                each.append(from_xml(member.member, child, f"{path}[{len(each)}]", findings))
            elif name in found:
                findings.add(path, "is there twice")
            else:
                found[name] = from_xml(member, child, path, findings)
        return found
    if kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if plain(child.tag) != wanted:
                findings.add(f"{where}.{plain(child.tag)}", f"the elements of {shape.name} are named {wanted}")
        return [from_xml(shape.member, child, f"{where}[{place}]", findings) for place, child in enumerate(element)]
    if kind == "map":
        found = {}
        for child in element:
            parts = {plain(part.tag): part for part in child}
            key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
            if parts.keys() != {key, value}:
                findings.add(where, f"an entry has {sorted(parts)} instead of {key} and {value}")
                continue
            found[parts[key].text or ""] = from_xml(shape.value, parts[value], f"{where}.{parts[key].text}", findings)
        return found
    if len(element):
        findings.add(where, f"an element with elements is no {kind}")
    return scalar(shape, element.text or "", where, findings)


class Form:
    """A query of the protocols query and ec2, read back by the rules with which they are written."""

    def __init__(self, text, ec2):
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True)
        self.values = dict(pairs)
        if len(self.values) != len(pairs):
            raise Unreadable("a parameter is there twice")
        self.ec2 = ec2
        self.read = {"Action", "Version"}

    def there(self, prefix):
        return any(key == prefix or key.startswith(prefix + ".") for key in self.values)

    def name(self, shape, name):
        if not self.ec2:
            return wire_name(shape, name)
        if "queryName" in shape.serialization:
            return shape.serialization["queryName"]
        name = wire_name(shape, name)
        return name[0].upper() + name[1:]

    def structure(self, shape, prefix, findings):
        found = {}
        for name, member in shape.members.items():
            below = f"{prefix}.{self.name(member, name)}" if prefix else self.name(member, name)
            if member.type_name == "list" and member.serialization.get("flattened") and not self.ec2:
                inner = member.member.serialization.get("name")
                below = ".".join([*below.split(".")[:-1], inner]) if inner else below
            if self.there(below):
                found[name] = self.value(member, below, findings)
        return found

    def value(self, shape, prefix, findings):
        if shape.type_name == "structure":
            return self.structure(shape, prefix, findings)
        if shape.type_name in ("list", "map"):
            if self.values.get(prefix) == "":
                self.read.add(prefix)
                return [] if shape.type_name == "list" else {}
            flat = self.ec2 or shape.serialization.get("flattened")
            inner = shape.member.serialization.get("name", "member") if shape.type_name == "list" else "entry"
            base = prefix if flat else f"{prefix}.{inner}"
            places = []
            while self.there(f"{base}.{len(places) + 1}"):
                places.append(f"{base}.{len(places) + 1}")
            if shape.type_name == "list":
                return [self.value(shape.member, place, findings) for place in places]
            key, value = wire_name(shape.key, "key"), wire_name(shape.value, "value")
            return {self.value(shape.key, f"{place}.{key}", findings): self.value(shape.value, f"{place}.{value}", findings)
                    for place in places}
        self.read.add(prefix)
        return scalar(shape, self.values.get(prefix, ""), prefix, findings)

    def parameters(self, shape, findings):
        found = self.structure(shape, "", findings) if shape else {}
        for name in self.values.keys() - self.read:
            findings.add(name, "the operation has no such parameter")
        return found


def label_pattern(template):
    pattern = ""
    for part in regex.split(r"(\{[^}]+\})", template.rstrip("/") or "/"):
        if part.startswith("{"):
            pattern += f"(?P<{part[1:-1].rstrip('+')}>{'.+' if part.endswith('+}') else '[^/]+'})"
        else:
            pattern += regex.escape(part)
    return pattern + "/?"


def without_chunks(exchange):
    """The body inside of the encoding aws-chunked, with the trailer's headers."""
    body, headers = exchange["body"], exchange["headers"]
    if "aws-chunked" not in headers.get("content-encoding", ""):
        return body, headers
    whole, rest = b"", body
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            break
        whole, rest = whole + rest[:size], rest[size + 2:]
    headers = HeadersDict(headers.items())
    for line in rest.split(b"\r\n"):
        name, found, value = line.decode().partition(":")
        if found:
            headers[name] = value
    kept = [each.strip() for each in headers["content-encoding"].split(",") if each.strip() != "aws-chunked"]
    headers["content-encoding"] = ",".join(kept)
    return whole, headers


def headers_of(shape, headers, where, findings, found, checksums=False):
    """The members of a shape that are headers."""
    known = set()
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire = wire_name(member, name).lower()
        if location == "header" and headers.get(wire):
            value = headers[wire]
            if member.type_name == "list":
                found[name] = [scalar(member.member, each.strip(), f"{where}.{name}", findings) for each in value.split(",")]
            elif member.serialization.get("jsonvalue"):
                found[name] = json.loads(base64.b64decode(value))
            else:
                found[name] = scalar(member, value, f"{where}.{name}", findings)
        elif location == "headers":
            values = {key[len(wire):]: value for key, value in headers.items() if key.lower().startswith(wire)}
            if values:
                found[name] = values
            known.update(key.lower() for key in headers.keys() if key.lower().startswith(wire))
        known.add(wire)
    for key in headers.keys():
        if key.lower().startswith("x-amz-checksum-") and checksums:
            continue
        if key.lower().startswith("x-amz") and key.lower() not in known | OTHER_HEADERS:
            findings.add(f"{where}.{key}", "a header that the model does not have")


def from_rest(operation, exchange, findings):
    shape = operation.input_shape
    template, _, fixed = operation.http["requestUri"].partition("?")
    match = regex.fullmatch(label_pattern(template), exchange["path"])
    if exchange["method"] != operation.http["method"] or not match:
        raise Unreadable(f"{exchange['method']} {exchange['path']} is not {operation.http}")
    found = {}
    labels = {label: urllib.parse.unquote(value) for label, value in match.groupdict().items()}
    query = dict(urllib.parse.parse_qsl(exchange["query"], keep_blank_values=True))
    # It names the operation, for those who read logs.
    query.pop("x-id", None)
    for name, value in urllib.parse.parse_qsl(fixed, keep_blank_values=True):
        if query.pop(name, None) != value:
            findings.add(name, f"the query must hold {name}={value}")
    body, headers = without_chunks(exchange)
    for name, member in (shape.members if shape else {}).items():
        location, wire = member.serialization.get("location"), wire_name(member, name)
        if location == "uri":
            found[name] = scalar(member, labels[wire], name, findings)
        elif location == "querystring" and member.type_name == "list":
            values = [value for key, value in urllib.parse.parse_qsl(exchange["query"]) if key == wire]
            if values:
                found[name] = [scalar(member.member, value, name, findings) for value in values]
            query.pop(wire, None)
        elif location == "querystring" and wire in query:
            found[name] = scalar(member, query.pop(wire), name, findings)
    for name in query:
        findings.add(name, "the query of the operation has no such parameter")
    if shape:
        headers_of(shape, headers, "", findings, found, checksums=bool(operation.http_checksum))
        found.update(from_body(operation, shape, body, "", findings))
    elif body:
        findings.add("body", "the operation has no input")
    return found


def from_body(operation, shape, body, where, findings):
    """The members of a shape that the body of a REST protocol holds."""
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        if member.type_name == "blob":
            return {payload: body} if body else {}
        if member.type_name == "string":
            return {payload: body.decode()} if body else {}
        if not body:
            return {}
        return {payload: of_protocol(operation, member, body, f"{where}.{payload}", findings)}
    return of_protocol(operation, shape, body, where, findings) if body else {}


def of_protocol(operation, shape, body, where, findings):
    if operation.service_model.resolved_protocol == "rest-json":
        return from_json(shape, json.loads(body), where, findings)
    return from_xml(shape, ElementTree.fromstring(body), where, findings)


def parameters(operation, exchange, findings):
    protocol = operation.service_model.resolved_protocol
    if protocol in ("query", "ec2"):
        form = Form((exchange["body"] or exchange["query"].encode()).decode(), protocol == "ec2")
        return form.parameters(operation.input_shape, findings)
    if protocol == "json":
        body = json.loads(exchange["body"] or b"{}")
        return from_json(operation.input_shape, body, "", findings) if operation.input_shape else body
    return from_rest(operation, exchange, findings)


# --- what the model says of values --------------------------------------------------------------------------------------------


def constraints(shape, value, where, findings):
    """Lengths, ranges, patterns, enums, unions: what botocore leaves to the service."""
    kind, meta = shape.type_name, shape.metadata
    if value is None:
        return
    if kind == "structure":
        if shape.is_document_type:
            return
        if shape.is_tagged_union and len(value) != 1:
            findings.add(where, f"a union with {len(value)} members: {sorted(value)}")
        for name, each in value.items():
            if name in shape.members:
                constraints(shape.members[name], each, f"{where}.{name}", findings)
        return
    if kind == "list":
        for place, each in enumerate(value):
            constraints(shape.member, each, f"{where}[{place}]", findings)
    if kind == "map":
        for key, each in value.items():
            constraints(shape.key, key, f"{where} (key)", findings)
            constraints(shape.value, each, f"{where}.{key}", findings)
    if kind in ("string", "list", "map", "blob") and hasattr(value, "__len__"):
        size, what = len(value), "length"
    elif kind in ("integer", "long", "float", "double"):
        size, what = value, "value"
    else:
        return
    if "min" in meta and size < meta["min"]:
        findings.add(where, f"{what} {size} is below the least, {meta['min']}")
    if "max" in meta and size > meta["max"]:
        findings.add(where, f"{what} {size} is above the most, {meta['max']}")
    if kind == "string":
        if shape.enum and value not in shape.enum:
            findings.add(where, f"{value!r} is none of {shape.enum}")
        if "pattern" in meta and not matches(meta["pattern"], value):
            findings.add(where, f"{value!r} does not match {meta['pattern']}")


def matches(pattern, value):
    return regex.fullmatch(pattern, value, flags=regex.DOTALL) is not None


def valid(shape, values, where, findings):
    if shape is None:
        return
    for line in ParamValidator().validate(values, shape).generate_report().splitlines():
        findings.add(where, line)
    constraints(shape, values, where, findings)


# --- the same request again ---------------------------------------------------------------------------------------------------


def canonical(body, protocol):
    """What is compared: two bodies may be written in more than one way."""
    if protocol in ("json", "rest-json"):
        return numbers(json.loads(body or b"{}"))
    return (plain_tree(ElementTree.fromstring(body)) if body else None)


def numbers(node):
    if isinstance(node, dict):
        return {key: numbers(value) for key, value in node.items()}
    if isinstance(node, list):
        return [numbers(value) for value in node]
    return float(node) if isinstance(node, int) and not isinstance(node, bool) else node


def plain_tree(element):
    children = [plain_tree(child) for child in element]
    # Members may come in any order; elements of a list are of one name, and keep theirs.
    children.sort(key=lambda child: child[0])
    attributes = sorted((plain(key), value) for key, value in element.attrib.items())
    return (plain(element.tag), attributes, children or same_value(element.text or ""))


def same_value(text):
    """A number or a moment may be written in more than one way."""
    try:
        return float(text)
    except ValueError:
        pass
    if regex.fullmatch(r"\d{4}-\d\d-\d\dT.*", text):
        return parse_timestamp(text).timestamp()
    return text


def again(operation, values, exchange, findings):
    """botocore must write the same request for these parameters."""
    protocol = operation.service_model.resolved_protocol
    wanted = create_serializer(protocol, include_validation=False).serialize_to_request(values, operation)
    if wanted["method"] != exchange["method"]:
        findings.add("method", f"{exchange['method']} instead of {wanted['method']}")
    headers, body = exchange["headers"], exchange["body"]
    if protocol in ("query", "ec2"):
        sent = Form((body or exchange["query"].encode()).decode(), False).values
        ours = {key: same_value(value) for key, value in sent.items()}
        theirs = {key: same_value(str(value)) for key, value in wanted["body"].items()}
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                findings.add(key, f"{ours.get(key)!r} instead of {theirs.get(key)!r}")
        return
    if protocol == "json":
        for name in ("X-Amz-Target", "Content-Type"):
            if headers.get(name) != wanted["headers"][name]:
                findings.add(name, f"{headers.get(name)} instead of {wanted['headers'][name]}")
    else:
        body, headers = without_chunks(exchange)
        path = wanted["url_path"].partition("?")[0]
        if urllib.parse.unquote(path).rstrip("/") != urllib.parse.unquote(exchange["path"]).rstrip("/"):
            findings.add("path", f"{exchange['path']} instead of {path}")
        for name, value in wanted["headers"].items():
            sent = headers.get(name)
            if name.lower() != "content-type" and same_header(sent) != same_header(value):
                findings.add(name, f"{sent!r} instead of {value!r}")
    payload = operation.input_shape and operation.input_shape.serialization.get("payload")
    if payload and operation.input_shape.members[payload].type_name in ("blob", "string"):
        theirs = wanted["body"]
        theirs = theirs.encode() if isinstance(theirs, str) else theirs
        if body != (theirs or b""):
            findings.add("body", "other bytes")
        return
    theirs = wanted["body"]
    if canonical(body, protocol) != canonical(theirs, protocol):
        findings.add("body", f"{body[:200]!r} instead of {theirs[:200]!r}")


def same_header(value):
    return None if value is None else ",".join(same.strip() for same in str(value).split(","))


# --- answers ------------------------------------------------------------------------------------------------------------------


def response_of(exchange, streaming=False):
    body = exchange["responseBody"]
    if streaming:
        body = io.BytesIO(body)
    return {"status_code": exchange["status"], "headers": exchange["responseHeaders"], "body": body,
            "context": {"operation_name": exchange["operation"]}}


def strictly(operation, exchange, findings):
    """The answer by its shape, with nothing in it that the shape does not have."""
    shape, body = operation.output_shape, exchange["responseBody"]
    protocol = operation.service_model.resolved_protocol
    if protocol == "json":
        if shape:
            from_json(shape, json.loads(body), "", findings)
        return
    if protocol in ("query", "ec2"):
        root = ElementTree.fromstring(body)
        if plain(root.tag) != f"{operation.name}Response":
            findings.add("root", f"{root.tag} instead of {operation.name}Response")
        wrapper = shape and shape.serialization.get("resultWrapper")
        extra = "requestId" if protocol == "ec2" else "ResponseMetadata"
        rest = [child for child in root if plain(child.tag) != extra]
        if len(rest) == len(root):
            findings.add(extra, "is not there")
        if wrapper:
            if [plain(child.tag) for child in rest] != [wrapper]:
                findings.add("root", f"{[child.tag for child in rest]} instead of {wrapper}")
            rest = list(rest[0]) if rest else []
        holder = ElementTree.Element("holder")
        holder.extend(rest)
        if shape:
            from_xml(shape, holder, "", findings)
        elif rest:
            findings.add("root", "the operation has no output")
        return
    if shape:
        headers_of(shape, exchange["responseHeaders"], "", findings, {})
        # The one answer whose root is the member itself.
        if not (exchange["service"] == "s3" and operation.name == "GetBucketLocation"):
            from_body(operation, shape, body, "", findings)
    elif body:
        findings.add("body", "the operation has no output")


def answer(operation, exchange, findings):
    wanted = {operation.http.get("responseCode", 200)}
    if "range" in exchange["headers"]:
        wanted = {206}
    if exchange["status"] not in wanted and not (exchange["status"] == 200 and operation.service_model.resolved_protocol in ("json", "query")):
        findings.add("status", f"{exchange['status']} instead of {sorted(wanted)}")
    strictly(operation, exchange, findings)
    parser = create_parser(operation.service_model.resolved_protocol)
    parsed = parser.parse(response_of(exchange, operation.has_streaming_output), operation.output_shape)
    if not request_id(parsed):
        findings.add("ResponseMetadata", "there is no request id")
    parsed.pop("ResponseMetadata", None)
    if operation.output_shape and not (exchange["service"] == "s3" and operation.name == "GetBucketLocation"):
        if operation.has_streaming_output:
            parsed.pop(operation.output_shape.serialization["payload"], None)
        valid(operation.output_shape, parsed, "", findings)


def request_id(parsed):
    metadata = parsed.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    return metadata.get("RequestId") or headers.get("x-amz-request-id") or headers.get("x-amzn-requestid")


def refusal(model, operation, exchange, findings):
    protocol = model.resolved_protocol
    parser = create_parser(protocol)
    parsed = parser.parse(response_of(exchange), operation.output_shape if operation else None)
    error = parsed.get("Error", {})
    code = error.get("Code", "")
    if exchange["method"] == "HEAD":
        # Without a body there is the status, and nothing else.
        if code != str(exchange["status"]) or exchange["responseBody"]:
            findings.add("error", f"{code} for a HEAD with status {exchange['status']}")
        return
    if not error.get("Message"):
        findings.add("error", f"{code} has no message")
    if not request_id(parsed):
        findings.add("ResponseMetadata", f"{code} has no request id")
    if code in NOT_SIMULATED:
        return
    shapes = operation.error_shapes if operation else []
    of_operation = [shape for shape in shapes if code in (shape.name, shape.metadata.get("error", {}).get("code"))]
    # By the JSON protocols, clients know an error by the name of its shape.
    common = COMMON_ERRORS.get(exchange["service"], set()) | COMMON_ERRORS[protocol]
    if not of_operation:
        if code not in common:
            findings.add("error", f"{code} is no error of {exchange['operation'] or 'this service'}, and none that every operation has")
        return
    shape = of_operation[0]
    status = shape.metadata.get("error", {}).get("httpStatusCode")
    if status and status != exchange["status"]:
        findings.add("error", f"{code} comes with status {exchange['status']} instead of {status}")
    modeled = parser.parse(response_of(exchange), shape)
    members = {name: value for name, value in modeled.items() if name in shape.members}
    valid(shape, members, code, findings)


# --- all of it ----------------------------------------------------------------------------------------------------------------


def read(line):
    exchange = json.loads(line)
    for name in ("body", "responseBody"):
        exchange[name] = base64.b64decode(exchange[name])
    for name in ("headers", "responseHeaders"):
        exchange[name] = HeadersDict(exchange[name])
    # A bucket may stand in the name of the host; the models have it in the path.
    host = exchange["headers"].get("host", "").partition(":")[0]
    if exchange["service"] == "s3" and not regex.fullmatch(r"s3([.-].*)?|localhost|[\d.]+", host):
        exchange["path"] = f"/{regex.split(r'[.]s3[.-]|[.]localhost', host)[0]}{exchange['path']}"
    return exchange


def is_charters(exchange):
    return "app/charter" in exchange["headers"].get("user-agent", "")


def check_request(model, exchange):
    findings = Findings()
    operation = model.operation_model(exchange["operation"])
    try:
        values = parameters(operation, exchange, findings)
    except (Unreadable, ValueError, KeyError, ElementTree.ParseError) as error:
        findings.add("request", f"cannot be read: {type(error).__name__} {error}")
        return findings
    valid(operation.input_shape, values, "", findings)
    if not findings:
        again(operation, values, exchange, findings)
    return findings


def check_answer(model, exchange):
    findings = Findings()
    operation = model.operation_model(exchange["operation"]) if exchange["operation"] else None
    try:
        if exchange["status"] >= 300:
            refusal(model, operation, exchange, findings)
        elif operation is None:
            findings.add("answer", "a success of no operation")
        else:
            answer(operation, exchange, findings)
    except Exception as error:  # Whatever makes botocore's parsers fail is the finding.
        findings.add("answer", f"cannot be parsed: {type(error).__name__} {error}")
    return findings


class Report:
    """Counts, and findings without repetition."""

    def __init__(self):
        self.requests, self.answers, self.errors = 0, 0, 0
        self.request_operations, self.answer_operations, self.charters = set(), set(), defaultdict(int)
        self.findings, self.known = {}, set()

    def add(self, side, exchange, findings):
        for where, constraint in findings:
            shown = regex.sub(r"\[\d+\]", "[]", where)
            key = (exchange["service"], exchange["operation"], side, shown)
            declared = [index for index, each in enumerate(KNOWN) if each.covers(*key, constraint)]
            if declared:
                self.known.update(declared)
            else:
                self.findings.setdefault((*key, constraint), exchange)

    def exchange(self, exchange):
        if exchange["error"] in NOT_SIMULATED and not SESSION.get_available_services().__contains__(exchange["service"]):
            return
        model = model_of(exchange["service"])
        name = (exchange["service"], exchange["operation"])
        if exchange["operation"]:
            findings = check_request(model, exchange)
            self.requests += 1
            self.request_operations.add(name)
            if is_charters(exchange):
                self.charters[name] += 1
                self.add("request", exchange, findings)
            elif exchange["status"] < 300:
                # What the tests send may be wrong on purpose; then it must not be answered.
                self.add("accepted request", exchange, findings)
        self.answers += 1
        self.errors += exchange["status"] >= 300
        self.answer_operations.add(name)
        self.add("answer", exchange, check_answer(model, exchange))

    def show(self):
        for (service, operation, side, where, constraint), exchange in sorted(self.findings.items(), key=lambda item: item[0]):
            print(f"{service}:{operation}: {side}: {where.lstrip('.') or '-'}: {constraint}")
            print(f"    {exchange['method']} {exchange['path']}?{exchange['query']} {exchange['body'][:300]!r}")
            print(f"    {exchange['status']} {exchange['responseBody'][:300]!r}")
        print(f"{self.requests} requests of {len(self.request_operations)} operations ({sum(self.charters.values())} of {len(self.charters)} "
              f"by Charter), {self.answers} answers of {len(self.answer_operations)} operations ({self.errors} errors): "
              f"{len(self.findings)} findings, {len(self.known)} of {len(KNOWN)} declared exceptions met")


def run(folder):
    report = Report()
    seen = set()
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            # A killed process may leave half of a line.
            if line.endswith(b"\n") and line not in seen:
                seen.add(line)
                report.exchange(read(line))
    report.show()
    # Nothing recorded is nothing checked: the whole of the main job must be there, from Charter itself.
    services = {service for service, _ in report.charters}
    missing = {"cloudcontrol", "iam", "kendra", "rds", "rds-data", "s3", "secretsmanager", "sts"} - services
    if missing:
        print(f"nothing was recorded that Charter sends to {sorted(missing)}")
    return 1 if report.findings or missing else 0


if __name__ == "__main__":
    if sys.argv[1] == "--self-check":
        import exchanges_self_check
        exchanges_self_check.run()
    else:
        sys.exit(run(sys.argv[1]))
