"""Serves moto or ministack on a free port of loopback until standard input ends, so that it never outlives the test.

Says in one line of JSON where it listens, and which subnets there are: both come with a default VPC, or are given one.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(name, port):
    if name == "moto":
        server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "moto_server.py")
        return [sys.executable, server, "-H", "127.0.0.1", "-p", str(port)]
    return [sys.executable, "-m", "ministack"]


def is_up(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


def subnets(endpoint):
    retries = Config(retries={"max_attempts": 5})
    ec2 = boto3.client("ec2", endpoint_url=endpoint, config=retries)
    found = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    if len(found) < 3:
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        for index, zone in enumerate("abc"):
            made = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )
            found.append(made["Subnet"]["SubnetId"])
    return sorted(found)[:3]


def main():
    name = sys.argv[1]
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        # AWS's own managed policies are a dataset that moto loads only if asked to.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        # No containers: databases of ministack are then rows of its own memory.
        "DOCKER_HOST": "tcp://127.0.0.1:1",
    }
    os.environ.update(environment)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "log"), "wb") as log:
            server = subprocess.Popen(
                command(name, port), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            deadline = time.monotonic() + 60
            while not is_up(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit(open(os.path.join(folder, "log")).read())
                time.sleep(0.1)
            print(json.dumps({"endpoint": endpoint, "subnets": subnets(endpoint)}), flush=True)
            sys.stdin.read()
        finally:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()


main()
