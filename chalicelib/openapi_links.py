"""Where an answer leads: OpenAPI links from what a call shows to the calls that do something with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.calls import Described

_REFERENCE = "#/components/links/{name}"


def named_links(calls: Sequence[Described]) -> dict[str, dict[str, Any]]:
    """Every link by its name, to be told once and referred to."""
    return {_name(each, to): _link(each, to) for each in calls for to in _below(each, calls)}


def links_of(call: Described, calls: Sequence[Described]) -> dict[str, dict[str, str]]:
    """The links of this call's good answers."""
    return {to.name: {"$ref": _REFERENCE.format(name=_name(call, to))} for to in _below(call, calls)}


def _below(call: Described, calls: Sequence[Described]) -> list[Described]:
    """The calls on the thing that this one shows, itself left out."""
    if not call.id_at:
        return []
    thing = call.path.partition("/{id}")[0] + "/{id}"
    return [each for each in calls if each is not call and (each.path == thing or each.path.startswith(f"{thing}/"))]


def _name(call: Described, to: Described) -> str:
    """Answers that hold the id in the same place share a link."""
    return "_".join([to.section, to.name, *(call.id_at or "").split("/")[1:]])


def _link(call: Described, to: Described) -> dict[str, Any]:
    return {
        "operationId": f"{to.section}_{to.name}",
        "parameters": {"path.id": f"$response.body#{call.id_at}"},
        **_version(call, to),
    }


def _version(call: Described, to: Described) -> Mapping[str, Any]:
    """A decision is made on the version that was seen."""
    if not to.takes or "expected_version" not in to.takes.__struct_fields__:
        return {}
    return {"requestBody": {"expected_version": f"$response.body#{_beside(call.id_at or '', 'version')}"}}


def _beside(pointer: str, name: str) -> str:
    return f"{pointer.rpartition('/')[0]}/{name}"
