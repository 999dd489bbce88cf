"""The desk's secrets, and everything that is derived from them: codes, tokens, MACs, keyed hashes, ids.

Nothing that opens anything is stored: it is derived again whenever it is shown or checked. The secrets lie in
one SSM SecureString, `{"now": "k2", "keys": {"k1": "base64", "k2": "base64"}}`: to rotate, add a key and let
`now` name it; what older keys derived stays good until they are taken out.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from chalicelib import clients
from chalicelib.settings import settings

NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, U: nothing read aloud twice
CODE_LETTERS = "BCGHKMNPQRTVXZ"  # a Vietnamese keyboard turns other letters into accented ones
CODE_DIGITS = "23456789"


class Keyring(Struct, frozen=True, kw_only=True):
    """The secrets by id, and the id of the one that new things are derived from."""

    now: str
    keys: dict[str, bytes]


@cache
def keyring() -> Keyring:
    """The secrets, read once a process."""
    value = clients.ssm().get_parameter(Name=settings().keys_parameter, WithDecryption=True)
    held = json.loads(value["Parameter"]["Value"])
    return Keyring(now=held["now"], keys={name: base64.b64decode(key) for name, key in held["keys"].items()})


def mac(purpose: str, *parts: str, key_id: str | None = None) -> bytes:
    """256 bits that only the desk can make for this purpose and these parts.

    Parts are framed by their length, so no two lists of parts run together into the same bytes.
    """
    ring = keyring()
    framed = b"".join(len(raw := part.encode()).to_bytes(4, "big") + raw for part in (purpose, *parts))
    return hmac.new(ring.keys[key_id or ring.now], framed, hashlib.sha256).digest()


def macs(purpose: str, *parts: str) -> Iterable[bytes]:
    """What each key in the ring makes of the parts, the newest first: for checking what an older key made."""
    ring = keyring()
    for key_id in sorted(ring.keys, key=lambda each: each != ring.now):
        yield mac(purpose, *parts, key_id=key_id)


def token(purpose: str, *parts: str, bits: int = 128) -> str:
    """A base32 word (lower case, no padding) for links and addresses."""
    return _base32(mac(purpose, *parts), bits)


def is_token(given: str, purpose: str, *parts: str, bits: int = 128) -> bool:
    """Whether `given` is that word, by any key in the ring; case doesn't matter, time tells nothing."""
    folded = given.strip().lower().encode()
    return any([hmac.compare_digest(folded, _base32(made, bits).encode()) for made in macs(purpose, *parts)])  # noqa: C419 (every key is compared, whichever fits)


def _base32(raw: bytes, bits: int) -> str:
    return base64.b32encode(raw[: bits // 8]).decode().rstrip("=").lower()


def typed_code(purpose: str, *parts: str) -> str:
    """A code for typing, XXXX-XXXX: at least one letter and one digit, about 35 bits."""
    return _typed_code(keyring().now, purpose, *parts)


def is_typed_code(folded: str, purpose: str, *parts: str) -> bool:
    """Whether `folded` (eight capitals and digits, no dash) is that code, by any key in the ring."""
    ring = keyring()
    right = [_typed_code(key_id, purpose, *parts).replace("-", "").encode() for key_id in ring.keys]
    return any([hmac.compare_digest(folded.encode(), each) for each in right])  # noqa: C419 (as above)


def _typed_code(key_id: str, purpose: str, *parts: str) -> str:
    alphabet = CODE_LETTERS + CODE_DIGITS
    for turn in range(100):
        number = int.from_bytes(mac(purpose, *parts, str(turn), key_id=key_id)[:16], "big")
        code = ""
        for _ in range(8):
            number, rest = divmod(number, len(alphabet))
            code += alphabet[rest]
        if set(code) & set(CODE_LETTERS) and set(code) & set(CODE_DIGITS):
            return f"{code[:4]}-{code[4:]}"
    raise AssertionError("a hundred derived codes without a digit or a letter: the key is broken")


def keyed_hash(purpose: str, text: str) -> str:
    """Text that nobody can guess back: what stands in a key where an address must not."""
    # The key that is listed first, always: a lookup must find what was written before a rotation.
    return _base32(mac(purpose, text, key_id=next(iter(keyring().keys))), 160)


def new_number() -> str:
    """A ticket number such as SO-7K3M9Q (30^6: about 700 million; a number that is taken is drawn again)."""
    return "SO-" + "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(6))
