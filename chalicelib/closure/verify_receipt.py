"""Checks a receipt without us, offline:

    python -m chalicelib.closure.verify_receipt RECEIPT.json --keys keys.json

`keys.json` is what GET /receipt-keys answered. Says in words what the receipt proves and what it doesn't. Exits 0 if
the receipt is genuine, 1 if it isn't, 2 if that can't be told.
"""

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from msgspec import Struct

from chalicelib.closure.receipt import FORMAT, Document, signed_bytes
from chalicelib.language import N_, Language, say

GENUINE: Final = 0
NOT_GENUINE: Final = 1
CANNOT_TELL: Final = 2


_GENUINE = N_("GENUINE: signed by {desk} with its key {key}. It says:")
_NOT_GENUINE = N_("NOT GENUINE: the receipt was changed, or its desk never signed it.")
_MEANS = (
    N_("This proves that {company} said so after looking, and that nothing in it was changed since."),
    N_("It doesn't prove that no copy exists elsewhere, nor that the account was not registered again later."),
    N_("Whose keys these are, it doesn't prove either: that rests on where you got them."),
)
_CANNOT_TELL = N_("This can't be checked: {why}.")


class Verdict(Struct, frozen=True, kw_only=True):
    """`exits`: the exit status; `words`: one sentence a line."""

    exits: Literal[0, 1, 2]
    words: tuple[str, ...]


class CannotTell(ValueError):
    """Not what a desk writes; the message says which, and why."""


def verdict(receipt: bytes, keys: bytes, language: Language = "en") -> Verdict:
    """Whether the receipt is genuine by these keys, and what that means."""
    try:
        said = _object(receipt, "receipt")
        public = _keys_of(_object(keys, "file of keys"))
        if said.get("format") != FORMAT:
            raise CannotTell(f"it is no receipt of the form {FORMAT}")
        if (key := str(said.get("key"))) not in public:
            raise CannotTell("the file of keys lacks the receipt's key")
        if not _is_signed(said, public[key]):
            return Verdict(exits=NOT_GENUINE, words=(say(language, _NOT_GENUINE),))
        return Verdict(exits=GENUINE, words=_what_it_means(said, language))
    except CannotTell as why:
        return Verdict(exits=CANNOT_TELL, words=(say(language, _CANNOT_TELL, why=why),))


def _what_it_means(receipt: Document, language: Language) -> tuple[str, ...]:
    try:
        facts = {name: str(receipt[name]) for name in ("desk", "key", "company")}
        lines = [f"  - {line}" for line in receipt["says"][language]]
    except (KeyError, TypeError):
        raise CannotTell("it is signed, but no desk writes it so") from None
    return (say(language, _GENUINE, **facts), *lines, *(say(language, each, **facts) for each in _MEANS))


def _is_signed(receipt: Document, public: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signature = base64.b64decode(receipt.get("signature", ""), validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed_bytes(receipt))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _keys_of(document: Document) -> dict[str, bytes]:
    try:
        listed = [each for each in document["keys"] if each["kty"] == "OKP" and each["crv"] == "Ed25519"]
        found = {each["kid"]: base64.urlsafe_b64decode(each["x"] + "==") for each in listed}
    except (KeyError, TypeError, ValueError):
        found = {}
    if not found or any(len(key) != 32 or not isinstance(name, str) for name, key in found.items()):
        raise CannotTell("the file of keys is not what GET /receipt-keys answers")
    return found


def _object(raw: bytes, what: str) -> Document:
    """A JSON object in which no name stands twice (people would read one of the two, and we the other)."""

    def no_fraction(text: str) -> NoReturn:
        raise CannotTell(f"the {what} holds a number that no desk writes: {text[:20]}")

    def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(named := dict(pairs)) != len(pairs):
            raise CannotTell(f"the {what} holds a name twice")
        return named

    try:
        found = json.loads(raw, object_pairs_hook=named_once, parse_float=no_fraction, parse_constant=no_fraction)
    except CannotTell:
        raise
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CannotTell(f"the {what} is not a JSON object")
    return found


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(prog="python -m chalicelib.closure.verify_receipt", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    asked.add_argument("receipt", type=Path)
    asked.add_argument("--keys", type=Path, required=True, help="what GET /receipt-keys answered")
    asked.add_argument("--language", choices=("vi", "en"), default="en", help="of what is said")
    given = asked.parse_args(arguments)
    try:
        found = verdict(given.receipt.read_bytes(), given.keys.read_bytes(), given.language)
    except OSError as error:
        found = Verdict(exits=CANNOT_TELL, words=(say(given.language, _CANNOT_TELL, why=error),))
    for line in found.words:
        # Who made the keys too may have made the words: nothing in them may steer a terminal.
        plain = "".join(letter if letter.isprintable() else "?" for letter in line)
        sys.stdout.buffer.write(f"{plain}\n".encode())
    return found.exits


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
