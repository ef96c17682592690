"""Looks up the operations that exceptions name as their sources in botocore's service models: sources.py JSON, a list of pairs of a
source and whether the operation is said to take no client token. Links to API references have the form that botocore's own
documentation has: https://docs.aws.amazon.com/goto/WebAPI/SERVICE/OPERATION, with the service as the model's `uid`.
"""

import json
import sys

import botocore.session

LINK = "https://docs.aws.amazon.com/goto/WebAPI/"
SESSION = botocore.session.Session()


def models():
    services = (SESSION.get_service_model(name) for name in SESSION.get_available_services())
    return {service.metadata.get("uid"): service for service in services}


def main():
    by_uid, wrong, found = models(), set(), 0
    for source, is_tokenless in json.loads(sys.argv[1]):
        if not source.startswith(LINK):
            if is_tokenless:
                wrong.add(f"{source}: it names no operation")
            continue
        uid, _, operation = source.removeprefix(LINK).partition("/")
        if uid not in by_uid or operation not in by_uid[uid].operation_names:
            wrong.add(f"{source}: no service model has it")
            continue
        found += 1
        shape = by_uid[uid].operation_model(operation).input_shape
        members = shape.members if shape else {}
        tokens = [name for name, member in members.items() if "idempotencyToken" in member.metadata or name == "ClientToken"]
        if is_tokenless and tokens:
            wrong.add(f"{source}: it takes {tokens}")
    if not found:
        wrong.add("no operation was looked up")
    sys.exit("\n".join(sorted(wrong)) if wrong else 0)


main()
