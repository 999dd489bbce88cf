"""A refused form comes back: what its page says above it, and beside which field."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from chalicelib.answers import refusal_of
from chalicelib.pages.visits import Visit
from chalicelib.pages.words import name
from chalicelib.problems import CodeRefused, NotSignedIn, Problem, SettingsWrong
from chalicelib.reading import WrongFields

REFUSALS: Final = (Problem, WrongFields)
_FIELD_OF: Final = {CodeRefused.code: "code"}  # refusals that are about one field of every form that they can come from


class Refused(Struct, frozen=True, kw_only=True):
    """`document` is the problem as the API tells it, each of its `fields` with the `label` that people read."""

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str]


def refused(error: Exception, visit: Visit) -> Refused:
    """What the form's page says. What no typing can mend goes on to the frame: a sign-in, the desk's own faults."""
    if isinstance(error, NotSignedIn | SettingsWrong):
        raise error
    refusal = refusal_of(error)
    document = refusal.document(visit.language, visit.request_id)
    if refusal.code in _FIELD_OF:
        document["fields"] = [{"name": _FIELD_OF[refusal.code], "problem": document["detail"]}]
    for each in document.get("fields", ()):
        each["label"] = name("field", each["name"], visit.language)
    return Refused(status=refusal.status, document=document, headers=refusal.headers)
