"""Signs receipts, and publishes the keys by which anybody can check them.

The keys lie in an SSM SecureString of their own, which only the API's function may read:
`{"now": "r2", "keys": {"r1": "base64", "r2": "base64"}, "retired": {"r0": "base64"}}`. `keys` are Ed25519 seeds of
32 bytes, `retired` public keys whose seeds are destroyed. To rotate, add a key first, and let `now` name it once
every process knows it; a key that stays published keeps its receipts checkable.
"""

import base64
import binascii
import json
from functools import cache
from typing import Any

from msgspec import Struct

from chalicelib import clients
from chalicelib.closure.receipt import Document, signed_bytes
from chalicelib.problems import SettingsWrong
from chalicelib.settings import settings

_BYTES = 32  # of an Ed25519 seed, and of a public key (RFC 8032)


class ReceiptKeys(Struct, frozen=True, kw_only=True):
    now: str
    seeds: dict[str, bytes]
    retired: dict[str, bytes]


@cache
def receipt_keys() -> ReceiptKeys:
    """The keys, read once a process. `SettingsWrong` if the parameter can't be used; it never tells what it holds."""
    value = clients.ssm().get_parameter(Name=settings().receipt_keys_parameter, WithDecryption=True)
    return read(value["Parameter"]["Value"])


def read(text: str) -> ReceiptKeys:
    """The keys that this text holds, or `SettingsWrong`."""
    try:
        held = json.loads(text)
        seeds = {name: _key(encoded) for name, encoded in held["keys"].items()}
        retired = {name: _key(encoded) for name, encoded in held.get("retired", {}).items()}
        is_whole = held["now"] in seeds and not seeds.keys() & retired.keys()
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise SettingsWrong(wrong=("RECEIPT_KEYS_PARAMETER: not the keys that docs/receipt.md describes",))
    return ReceiptKeys(now=held["now"], seeds=seeds, retired=retired)


def _key(encoded: str) -> bytes:
    plain = encoded.rstrip("=").replace("-", "+").replace("_", "/")  # as published, or as openssl writes it
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise ValueError from None
    if len(key) != _BYTES:
        raise ValueError
    return key


def signed(receipt: Document) -> Document:
    """The receipt with the id of the key of now and its signature. Ed25519 signs the same bytes alike each time."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    held = receipt_keys()
    named = receipt | {"key": held.now}
    signature = Ed25519PrivateKey.from_private_bytes(held.seeds[held.now]).sign(signed_bytes(named))
    return named | {"signature": base64.b64encode(signature).decode()}


def published() -> Document:
    """Every public key, that of now first, as a JSON Web Key Set (RFC 8037)."""
    held = receipt_keys()
    public = {name: _public(seed) for name, seed in held.seeds.items()} | held.retired
    return {
        "keys": [_web_key(name, public[name]) for name in sorted(public, key=lambda each: (each != held.now, each))]
    }


def _public(seed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _web_key(name: str, public: bytes) -> dict[str, Any]:
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "kid": name, "use": "sig", "alg": "EdDSA", "x": x}
