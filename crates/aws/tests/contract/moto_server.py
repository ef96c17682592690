"""Serves moto, with the three reads of RAM that moto 5.2 lacks and without which nothing of a resource share can be compared.

What is answered here says only what moto holds: it has neither sources nor permissions of a share, so there are none, and it tells all
shares whichever is asked for (moto/ram/responses.py, get_resource_shares reads `resourceOwner` alone). Everything else stays moto's own:
what it creates, changes, lists and deletes is its judgement, and what it lacks (associations made later, tags, client tokens) stays
declared in exceptions/peers.rs. Nothing is made up: a share of moto that held sources would fail here.
"""

import json
import sys

from moto.ram import urls
from moto.ram.exceptions import UnknownResourceException
from moto.ram.models import ResourceAccessManagerBackend
from moto.ram.responses import ResourceAccessManagerResponse
from moto.server import main

_associations = ResourceAccessManagerBackend.get_resource_share_associations
_shares = ResourceAccessManagerResponse.get_resource_shares


def get_resource_share_associations(self, association_type, *others):
    """moto knows PRINCIPAL and RESOURCE and refuses the third (API Reference, GetResourceShareAssociations: `SOURCE`)."""
    if association_type == "SOURCE":
        assert not any(hasattr(share, "sources") for share in self.resource_shares), "moto has sources: ask it"
        return {"resourceShareAssociations": []}
    return _associations(self, association_type, *others)


def list_resource_share_permissions(self):
    """A share of moto has no permissions, and no operation of moto attaches one."""
    arn = self._get_param("resourceShareArn")
    # As moto itself does where it looks for a share.
    if not any(share.arn == arn for share in self.ram_backend.resource_shares):
        raise UnknownResourceException(f"ResourceShare {arn} could not be found.")
    return json.dumps({"permissions": []})


def get_resource_shares(self):
    """Of what moto tells, the shares that are asked for (API Reference, GetResourceShares: `resourceShareArns`)."""
    answer = json.loads(_shares(self))
    wanted = self._get_param("resourceShareArns")
    if wanted:
        answer["resourceShares"] = [each for each in answer["resourceShares"] if each["resourceShareArn"] in wanted]
    return json.dumps(answer)


assert not hasattr(ResourceAccessManagerResponse, "list_resource_share_permissions"), "moto has permissions: ask it"
ResourceAccessManagerBackend.get_resource_share_associations = get_resource_share_associations
ResourceAccessManagerResponse.list_resource_share_permissions = list_resource_share_permissions
ResourceAccessManagerResponse.get_resource_shares = get_resource_shares
urls.url_paths["{0}/listresourcesharepermissions$"] = ResourceAccessManagerResponse.dispatch

main(sys.argv[1:])
