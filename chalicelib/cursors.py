"""Cursors: where a list goes on, as an opaque word that only the desk can make."""

import base64
import binascii
import json
from typing import Any, Final

from chalicelib import keys
from chalicelib.language import N_
from chalicelib.problems import BadInput

PATTERN: Final = r"[A-Za-z0-9_-]*\.[A-Za-z2-7]+"
_LONGEST = 4096
NOT_OURS = N_("This cursor isn't one of this list's; start again without it.")


def cursor_for(key: dict[str, Any], *, of: str = "") -> str:
    """The cursor that goes on after this key (anything JSON can hold, such as DynamoDB's LastEvaluatedKey).

    `of` names the list, whose it is and its filters included: a cursor is good for that very list only.
    """
    payload = base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":"), sort_keys=True).encode()).decode()
    return f"{payload.rstrip('=')}.{keys.token('cursor', of, payload.rstrip('='))}"


def key_of(cursor: str, *, of: str = "") -> dict[str, Any]:
    """The key that `cursor_for` was given; BadInput if the cursor was made elsewhere, changed, or of another list."""
    payload, _, mac = cursor.partition(".")
    if len(cursor) > _LONGEST or not cursor.isascii() or not keys.is_token(mac, "cursor", of, payload):
        raise BadInput(fields=(("cursor", NOT_OURS),))
    try:
        key: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):  # an older version of the desk made it
        raise BadInput(fields=(("cursor", NOT_OURS),)) from None
    return key
